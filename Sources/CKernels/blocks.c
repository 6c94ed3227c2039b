// The codes and scales of the formats whose elements are scale * code, for each 16 elements.
#include "blocks.h"

#include "CKernelsDecode.h"
#include "grids.h"
#include "vectors.h"

const int8_t ck_iq2_values[16] = {8, 25, 43, 0, -8, -25, -43, 0};
const int8_t ck_iq3_values[16] = {1, 3, 5, 7, 9, 11, 13, 15, -1, -3, -5, -7, -9, -11, -13, -15};
const int8_t ck_iq4_values[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                                  1,    13,   25,  38,  53,  69,  89,  113};
const int8_t ck_fp4_values[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

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
static uint8_t even_signs(uint32_t bits) {
  bits &= 127;
  return (uint8_t)(bits | (uint32_t)__builtin_parity(bits) << 7);
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

static void iq2_xxs(const uint8_t *block, ck_grid_block *read) {
  for (int part = 0; part < 8; part++) {
    const uint8_t *q = block + 2 + 8 * part;
    const uint32_t more = ck_u32(q + 4);
    read->factors[2 * part] = read->factors[2 * part + 1] = (uint8_t)(more >> 28);
    for (int i = 0; i < 4; i++) {
      read->numbers[4 * part + i] = q[i];
      read->signs[4 * part + i] = even_signs(more >> (7 * i));
    }
  }
}

// Sixteen factors of four bits.
static void half_bytes(const uint8_t *q, uint8_t *factors) {
  for (int i = 0; i < 16; i++) factors[i] = q[i / 2] >> (i % 2 * 4) & 15;
}

static void iq2_xs(const uint8_t *block, ck_grid_block *read) {
  half_bytes(block + 66, read->factors);
  for (int i = 0; i < 32; i++) {
    const uint32_t q = ck_u16(block + 2 + 2 * i);
    read->numbers[i] = q & 511;
    read->signs[i] = even_signs(q >> 9);
  }
}

static void iq2_s(const uint8_t *block, ck_grid_block *read) {
  half_bytes(block + 74, read->factors);
  for (int i = 0; i < 32; i++) {
    const uint32_t high = block[66 + i / 4] >> (i % 4 * 2) & 3;
    read->numbers[i] = (uint16_t)(block[2 + i] | high << 8);
  }
  memcpy(read->signs, block + 34, 32);
}

static void iq3_xxs(const uint8_t *block, ck_grid_block *read) {
  for (int i = 0; i < 64; i++) read->numbers[i] = block[2 + i];
  for (int part = 0; part < 8; part++) {
    const uint32_t more = ck_u32(block + 66 + 4 * part);
    read->factors[2 * part] = read->factors[2 * part + 1] = (uint8_t)(more >> 28);
    for (int i = 0; i < 4; i++) read->signs[4 * part + i] = even_signs(more >> (7 * i));
  }
}

static void iq3_s(const uint8_t *block, ck_grid_block *read) {
  for (int i = 0; i < 16; i++) read->factors[i] = block[106 + i / 4] >> (i / 2 % 2 * 4) & 15;
  for (int i = 0; i < 64; i++) {
    const uint32_t high = block[66 + i / 8] >> (i % 8) & 1;
    read->numbers[i] = (uint16_t)(block[2 + i] | high << 8);
  }
  memcpy(read->signs, block + 74, 32);
}

static void iq1_s(const uint8_t *block, ck_grid_block *read) {
  for (int part = 0; part < 8; part++) {
    const uint32_t more = ck_u16(block + 34 + 2 * part);
    read->factors[2 * part] = read->factors[2 * part + 1] = more >> 12 & 7;
    for (int i = 0; i < 4; i++) {
      const uint32_t high = (more >> (3 * i) & 7) | more >> 15 << 3;
      read->numbers[4 * part + i] = (uint16_t)(block[2 + 4 * part + i] | high << 8);
    }
  }
}

static void iq1_m(const uint8_t *block, ck_grid_block *read) {
  const uint8_t *words = block + 48; // four of 16 bits: four factors each, and four bits of d
  read->d = 0;
  for (int i = 0; i < 4; i++) read->d |= ck_u16(words + 2 * i) >> 12 << (4 * i);
  for (int i = 0; i < 16; i++)
    read->factors[i] = ck_u16(words + i / 4 * 2) >> (i % 4 * 3) & 7;
  for (int i = 0; i < 32; i++) {
    const uint32_t high = block[32 + i / 2] >> (i % 2 * 4) & 15;
    read->numbers[i] = (uint16_t)(block[i] | high << 8);
  }
}

void ck_read_grid_block(int format, const uint8_t *block, ck_grid_block *read) {
  memset(read, 0, sizeof *read);
  read->d = ck_u16(block);
  switch (format) {
  case CK_IQ1_S: iq1_s(block, read); break;
  case CK_IQ1_M: iq1_m(block, read); break;
  case CK_IQ2_XXS: iq2_xxs(block, read); break;
  case CK_IQ2_XS: iq2_xs(block, read); break;
  case CK_IQ2_S: iq2_s(block, read); break;
  case CK_IQ3_XXS: iq3_xxs(block, read); break;
  case CK_IQ3_S: iq3_s(block, read); break;
  }
}

static void grid_codes(int format, const uint8_t *block, int8_t *codes, float *scales) {
  const ck_grid grid = ck_grid_of(format);
  ck_grid_block read;
  ck_read_grid_block(format, block, &read);
  const float d = ck_half(read.d);
  for (int i = 0; i < 16; i++) scales[i] = d * (float)(2 * read.factors[i] + 1) * grid.unit;
  for (int i = 0; i < 256; i++) {
    const uint32_t number = read.numbers[i / grid.elements];
    const int8_t *entry = (const int8_t *)grid.entries + (int)(number & 2047) * grid.elements;
    const int code = entry[i % grid.elements];
    const int eighth = grid.is_signed ? 0 : number >> 11 ? -1 : 1;
    codes[i] = (int8_t)((read.signs[i / 8] >> (i % 8) & 1 ? -code : code) + eighth);
  }
}

static void iq4_nl(const uint8_t *block, int8_t *codes, float *scales) {
  spread(scales, 0, 2, ck_half(ck_u16(block)));
  halves(block + 2, ck_iq4_values, codes);
}

static void iq4_xs(const uint8_t *block, int8_t *codes, float *scales) {
  const float d = ck_half(ck_u16(block));
  for (int part = 0; part < 8; part++) {
    spread(scales, 2 * part, 2, d * (float)ck_iq4_xs_factor(block, part));
    halves(block + 8 + 16 * part, ck_iq4_values, codes + 32 * part);
  }
}

static void mxfp4(const uint8_t *block, int8_t *codes, float *scales) {
  // Half of 2^(e - 127); codes are doubled.
  const uint32_t e = block[0];
  spread(scales, 0, 2, ck_float_from_bits(e < 2 ? 0x00200000u << e : (e - 1) << 23));
  halves(block + 1, ck_fp4_values, codes);
}

void ck_tq1_0_digits(const uint8_t *block, int first, int count, uint8_t *digits) {
  static const uint8_t powers[5] = {1, 3, 9, 27, 81};
  for (int i = first; i < first + count; i++) {
    int byte = i % 32, place = i / 32;
    if (i >= 240) {
      byte = 48 + i % 4;
      place = (i - 240) / 4;
    } else if (i >= 160) {
      byte = 32 + i % 16;
      place = (i - 160) / 16;
    }
    const uint8_t rest = (uint8_t)(block[byte] * powers[place]);
    *digits++ = (uint8_t)(rest * 3 >> 8);
  }
}

static void tq1_0(const uint8_t *block, int8_t *codes, float *scales) {
  spread(scales, 0, 16, ck_half(ck_u16(block + 52)));
  uint8_t digits[256];
  ck_tq1_0_digits(block, 0, 256, digits);
  for (int i = 0; i < 256; i++) codes[i] = (int8_t)(digits[i] - 1);
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
  case CK_IQ1_S:
  case CK_IQ1_M:
  case CK_IQ2_XXS:
  case CK_IQ2_XS:
  case CK_IQ2_S:
  case CK_IQ3_XXS:
  case CK_IQ3_S: grid_codes(format, block, codes, scales); break;
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
