// The codes and scales of the formats whose elements are scale * code, for each 16 elements.
#include "blocks.h"

#include "CKernelsDecode.h"
#include "grids.h"
#include "vectors.h"

static const int8_t iq4_values[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                                      1,    13,   25,  38,  53,  69,  89,  113};
static const int8_t fp4_values[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};
static const int8_t iq2_values[4] = {8, 25, 43, 0};
static const int8_t iq3_xxs_values[8] = {4, 12, 20, 28, 36, 44, 52, 62};
static const int8_t iq3_s_values[8] = {1, 3, 5, 7, 9, 11, 13, 15};

// Elements that share a scale.
enum { group = 16 };

static void spread(float *scales, int first, int count, float scale) {
  for (int i = 0; i < count; i++) scales[first + i] = scale;
}

// Two 4-bit codes in a byte: element i in the low half of byte i, i + 16 in the high half.
static void halves(const uint8_t *q, const int8_t values[16], int8_t *codes) {
  for (int i = 0; i < 16; i++) {
    codes[i] = values[q[i] & 15];
    codes[i + 16] = values[q[i] >> 4];
  }
}

// Seven signs and an eighth that makes the number of minuses even.
static uint32_t even_signs(uint32_t bits) {
  bits &= 127;
  return bits | (uint32_t)__builtin_parity(bits) << 7;
}

static void signed_entry(uint32_t entry, int bits, int count, const int8_t *values, uint32_t signs,
                         int8_t *codes) {
  for (int i = 0; i < count; i++) {
    const int8_t value = values[entry >> (bits * i) & ((1u << bits) - 1)];
    codes[i] = signs >> i & 1 ? (int8_t)-value : value;
  }
}

void ck_q3_k_scales(const uint8_t *block, int8_t scales[16]) {
  const uint8_t *packed = block + 96;
  for (int i = 0; i < 16; i++) {
    const int low = packed[i % 8] >> (i / 8 * 4) & 15, high = packed[8 + i % 4] >> (i / 4 * 2) & 3;
    scales[i] = (int8_t)((low | high << 4) - 32);
  }
}

static void q3_k(const uint8_t *block, int8_t *codes, float *scales) {
  const float d = ck_half(ck_u16(block + 108));
  int8_t factors[16];
  ck_q3_k_scales(block, factors);
  for (int i = 0; i < 16; i++) scales[i] = d * (float)factors[i];
  for (int i = 0; i < 256; i++) {
    const int low = block[32 + i / 128 * 32 + i % 32] >> (i / 32 % 4 * 2) & 3;
    const int high = block[i % 32] >> (i / 32) & 1;
    codes[i] = (int8_t)(low - (high ? 0 : 4));
  }
}

static void q8_k(const uint8_t *block, int8_t *codes, float *scales) {
  spread(scales, 0, 16, ck_float_from_bits(ck_u32(block)));
  memcpy(codes, block + 4, 256);
}

static void iq2_xxs(const uint8_t *block, int8_t *codes, float *scales) {
  const float d = ck_half(ck_u16(block));
  for (int part = 0; part < 8; part++) {
    const uint8_t *q = block + 2 + 8 * part;
    const uint32_t more = ck_u32(q + 4);
    spread(scales, 2 * part, 2, d * (0.5f + (float)(more >> 28)) * 0.25f);
    for (int i = 0; i < 4; i++)
      signed_entry(ck_grid_iq2_xxs[q[i]], 2, 8, iq2_values, even_signs(more >> (7 * i)),
                   codes + 32 * part + 8 * i);
  }
}

static void iq2_xs(const uint8_t *block, int8_t *codes, float *scales) {
  const float d = ck_half(ck_u16(block));
  for (int i = 0; i < 16; i++)
    scales[i] = d * (0.5f + (float)(block[66 + i / 2] >> (i % 2 * 4) & 15)) * 0.25f;
  for (int i = 0; i < 32; i++) {
    const uint32_t q = ck_u16(block + 2 + 2 * i);
    signed_entry(ck_grid_iq2_xs[q & 511], 2, 8, iq2_values, even_signs(q >> 9), codes + 8 * i);
  }
}

static void iq2_s(const uint8_t *block, int8_t *codes, float *scales) {
  const float d = ck_half(ck_u16(block));
  for (int i = 0; i < 16; i++)
    scales[i] = d * (0.5f + (float)(block[74 + i / 2] >> (i % 2 * 4) & 15)) * 0.25f;
  for (int i = 0; i < 32; i++) {
    const uint32_t high = block[66 + i / 4] >> (i % 4 * 2) & 3;
    signed_entry(ck_grid_iq2_s[block[2 + i] | high << 8], 2, 8, iq2_values, block[34 + i],
                 codes + 8 * i);
  }
}

static void iq3_xxs(const uint8_t *block, int8_t *codes, float *scales) {
  const float d = ck_half(ck_u16(block));
  for (int part = 0; part < 8; part++) {
    const uint32_t more = ck_u32(block + 66 + 4 * part);
    spread(scales, 2 * part, 2, d * (0.5f + (float)(more >> 28)) * 0.5f);
    for (int i = 0; i < 8; i++)
      signed_entry(ck_grid_iq3_xxs[block[2 + 8 * part + i]], 3, 4, iq3_xxs_values,
                   even_signs(more >> (i / 2 * 7)) >> (i % 2 * 4), codes + 32 * part + 4 * i);
  }
}

static void iq3_s(const uint8_t *block, int8_t *codes, float *scales) {
  const float d = ck_half(ck_u16(block));
  for (int part = 0; part < 8; part++) {
    const int factor = block[106 + part / 2] >> (part % 2 * 4) & 15;
    spread(scales, 2 * part, 2, d * (float)(1 + 2 * factor));
    for (int i = 0; i < 8; i++) {
      const uint32_t high = block[66 + part] >> i & 1;
      signed_entry(ck_grid_iq3_s[block[2 + 8 * part + i] | high << 8], 3, 4, iq3_s_values,
                   (uint32_t)block[74 + 4 * part + i / 2] >> (i % 2 * 4),
                   codes + 32 * part + 4 * i);
    }
  }
}

// Elements -1, 0 and 1, plus or minus an eighth: codes are eighths.
static void ternary_entry(uint32_t entry, int eighth, int8_t *codes) {
  for (int i = 0; i < 8; i++)
    codes[i] = (int8_t)(8 * ((int)(entry >> (2 * i) & 3) - 1) + eighth);
}

static void iq1_s(const uint8_t *block, int8_t *codes, float *scales) {
  const float d = ck_half(ck_u16(block));
  for (int part = 0; part < 8; part++) {
    const uint32_t more = ck_u16(block + 34 + 2 * part);
    spread(scales, 2 * part, 2, d * (float)(2 * (more >> 12 & 7) + 1) * 0.125f);
    for (int i = 0; i < 4; i++) {
      const uint32_t entry = block[2 + 4 * part + i] | (more >> (3 * i) & 7) << 8;
      ternary_entry(ck_grid_iq1_s[entry], more & 0x8000 ? -1 : 1, codes + 32 * part + 8 * i);
    }
  }
}

static void iq1_m(const uint8_t *block, int8_t *codes, float *scales) {
  const uint8_t *words = block + 48; // four of 16 bits: four scales each, and four bits of d
  uint32_t bits = 0;
  for (int i = 0; i < 4; i++) bits |= ck_u16(words + 2 * i) >> 12 << (4 * i);
  const float d = ck_half(bits);
  for (int i = 0; i < 16; i++) {
    const uint32_t factor = ck_u16(words + i / 4 * 2) >> (i % 4 * 3) & 7;
    scales[i] = d * (float)(2 * factor + 1) * 0.125f;
  }
  for (int i = 0; i < 32; i++) {
    const uint32_t high = (uint32_t)block[32 + i / 2] >> (i % 2 * 4);
    ternary_entry(ck_grid_iq1_s[block[i] | (high & 7) << 8], high & 8 ? -1 : 1, codes + 8 * i);
  }
}

static void iq4_nl(const uint8_t *block, int8_t *codes, float *scales) {
  spread(scales, 0, 2, ck_half(ck_u16(block)));
  halves(block + 2, iq4_values, codes);
}

static void iq4_xs(const uint8_t *block, int8_t *codes, float *scales) {
  const float d = ck_half(ck_u16(block));
  const uint32_t high = ck_u16(block + 2);
  for (int part = 0; part < 8; part++) {
    const int low = block[4 + part / 2] >> (part % 2 * 4) & 15;
    const int factor = (low | (int)(high >> (2 * part) & 3) << 4) - 32;
    spread(scales, 2 * part, 2, d * (float)factor);
    halves(block + 8 + 16 * part, iq4_values, codes + 32 * part);
  }
}

static void mxfp4(const uint8_t *block, int8_t *codes, float *scales) {
  // Half of 2^(e - 127); codes are doubled.
  const uint32_t e = block[0];
  spread(scales, 0, 2, ck_float_from_bits(e < 2 ? 0x00200000u << e : (e - 1) << 23));
  halves(block + 1, fp4_values, codes);
}

// A digit 0, 1 or 2 of the base-3 fraction in a byte, less one.
static int8_t digit(uint8_t byte, int place) {
  static const uint8_t powers[5] = {1, 3, 9, 27, 81};
  const uint8_t rest = (uint8_t)(byte * powers[place]);
  return (int8_t)((rest * 3 >> 8) - 1);
}

static void tq1_0(const uint8_t *block, int8_t *codes, float *scales) {
  spread(scales, 0, 16, ck_half(ck_u16(block + 52)));
  for (int i = 0; i < 160; i++) codes[i] = digit(block[i % 32], i / 32);
  for (int i = 0; i < 80; i++) codes[160 + i] = digit(block[32 + i % 16], i / 16);
  for (int i = 0; i < 16; i++) codes[240 + i] = digit(block[48 + i % 4], i / 4);
}

static void tq2_0(const uint8_t *block, int8_t *codes, float *scales) {
  spread(scales, 0, 16, ck_half(ck_u16(block + 64)));
  for (int i = 0; i < 256; i++)
    codes[i] = (int8_t)((block[i / 128 * 32 + i % 32] >> (i / 32 % 4 * 2) & 3) - 1);
}

size_t ck_block_codes(int format, const void *stored, int8_t *codes, float *scales) {
  const uint8_t *block = stored;
  switch (format) {
  case CK_Q3_K: q3_k(block, codes, scales); break;
  case CK_Q8_K: q8_k(block, codes, scales); break;
  case CK_IQ1_S: iq1_s(block, codes, scales); break;
  case CK_IQ1_M: iq1_m(block, codes, scales); break;
  case CK_IQ2_XXS: iq2_xxs(block, codes, scales); break;
  case CK_IQ2_XS: iq2_xs(block, codes, scales); break;
  case CK_IQ2_S: iq2_s(block, codes, scales); break;
  case CK_IQ3_XXS: iq3_xxs(block, codes, scales); break;
  case CK_IQ3_S: iq3_s(block, codes, scales); break;
  case CK_IQ4_NL: iq4_nl(block, codes, scales); break;
  case CK_IQ4_XS: iq4_xs(block, codes, scales); break;
  case CK_MXFP4: mxfp4(block, codes, scales); break;
  case CK_TQ1_0: tq1_0(block, codes, scales); break;
  case CK_TQ2_0: tq2_0(block, codes, scales); break;
  default: return 0;
  }
  return ck_stored_of(format).elements;
}

void ck_decode_codes(int format, const void *blocks, size_t count, float *restrict values) {
  const uint8_t *block = blocks;
  const ck_stored stored = ck_stored_of(format);
  for (size_t at = 0; at < count; at += stored.elements, block += stored.bytes) {
    int8_t codes[ck_block_elements];
    float scales[ck_block_scales];
    ck_block_codes(format, block, codes, scales);
    for (size_t i = 0; i < stored.elements; i++)
      values[at + i] = scales[i / group] * (float)codes[i];
  }
}
