// Decodes the block formats of GGUF into floats; the layouts are ggml's (`ggml-common.h`).
#include "CKernelsDecode.h"

#include <stdint.h>
#include <string.h>

#include "blocks.h"

// Half to float without branches, so that loops over it become vector code. Subnormal halves are
// normal floats: their magnitude is an integer times 2^-24.
static inline float half(uint32_t bits) {
  const uint32_t magnitude = bits & 0x7fff;
  const float tiny = (float)(int32_t)magnitude * 0x1p-24f;
  uint32_t tiny_bits;
  memcpy(&tiny_bits, &tiny, sizeof tiny_bits);
  const uint32_t rebias = magnitude >= 0x7c00 ? 224u << 23 : 112u << 23;
  const uint32_t rest = magnitude < 0x0400 ? tiny_bits : (magnitude << 13) + rebias;
  return ck_float_from_bits(rest | (bits & 0x8000) << 16);
}

void ck_decode_f32(const void *blocks, size_t count, float *values) {
  if (count > 0) memcpy(values, blocks, count * sizeof(float));
}

void ck_decode_f16(const void *blocks, size_t count, float *restrict values) {
  const uint8_t *restrict bytes = blocks;
  for (size_t i = 0; i < count; i++) values[i] = half(ck_u16(bytes + 2 * i));
}

void ck_decode_bf16(const void *blocks, size_t count, float *restrict values) {
  const uint8_t *restrict bytes = blocks;
  for (size_t i = 0; i < count; i++) values[i] = ck_float_from_bits(ck_u16(bytes + 2 * i) << 16);
}

void ck_decode_f8_e4m3(const void *blocks, size_t count, float *restrict values) {
  const uint8_t *restrict bytes = blocks;
  for (size_t i = 0; i < count; i++) {
    const uint32_t magnitude = bytes[i] & 127, sign = (uint32_t)(bytes[i] & 128) << 24;
    // The exponent's bias is 7, that of floats 127; subnormals come out right by the product.
    const float value = ck_float_from_bits(magnitude << 20 | sign) * 0x1p120f;
    values[i] = magnitude == 127 ? ck_float_from_bits(0x7fc00000 | sign) : value;
  }
}

// Formats of 32 elements: element i is in the low half of byte i, element i + 16 in the high half.

void ck_decode_q4_0(const void *blocks, size_t count, float *restrict values) {
  const uint8_t *restrict block = blocks;
  for (size_t at = 0; at < count; at += 32, block += 18) {
    const float d = half(ck_u16(block));
    const uint8_t *q = block + 2;
    for (int i = 0; i < 16; i++) {
      values[at + i] = d * (float)((q[i] & 15) - 8);
      values[at + i + 16] = d * (float)((q[i] >> 4) - 8);
    }
  }
}

void ck_decode_q4_1(const void *blocks, size_t count, float *restrict values) {
  const uint8_t *restrict block = blocks;
  for (size_t at = 0; at < count; at += 32, block += 20) {
    const float d = half(ck_u16(block)), m = half(ck_u16(block + 2));
    const uint8_t *q = block + 4;
    for (int i = 0; i < 16; i++) {
      values[at + i] = d * (float)(q[i] & 15) + m;
      values[at + i + 16] = d * (float)(q[i] >> 4) + m;
    }
  }
}

void ck_decode_q5_0(const void *blocks, size_t count, float *restrict values) {
  const uint8_t *restrict block = blocks;
  for (size_t at = 0; at < count; at += 32, block += 22) {
    const float d = half(ck_u16(block));
    const uint32_t high = ck_u32(block + 2);  // bit i is the fifth bit of element i
    const uint8_t *q = block + 6;
    for (int i = 0; i < 16; i++) {
      const int low = (q[i] & 15) | (int)((high >> i & 1) << 4);
      const int upper = (q[i] >> 4) | (int)((high >> (i + 16) & 1) << 4);
      values[at + i] = d * (float)(low - 16);
      values[at + i + 16] = d * (float)(upper - 16);
    }
  }
}

void ck_decode_q5_1(const void *blocks, size_t count, float *restrict values) {
  const uint8_t *restrict block = blocks;
  for (size_t at = 0; at < count; at += 32, block += 24) {
    const float d = half(ck_u16(block)), m = half(ck_u16(block + 2));
    const uint32_t high = ck_u32(block + 4);
    const uint8_t *q = block + 8;
    for (int i = 0; i < 16; i++) {
      const int low = (q[i] & 15) | (int)((high >> i & 1) << 4);
      const int upper = (q[i] >> 4) | (int)((high >> (i + 16) & 1) << 4);
      values[at + i] = d * (float)low + m;
      values[at + i + 16] = d * (float)upper + m;
    }
  }
}

void ck_decode_q8_0(const void *blocks, size_t count, float *restrict values) {
  const uint8_t *restrict block = blocks;
  for (size_t at = 0; at < count; at += 32, block += 34) {
    const float d = half(ck_u16(block));
    const int8_t *q = (const int8_t *)(block + 2);
    for (int i = 0; i < 32; i++) values[at + i] = d * (float)q[i];
  }
}

// Formats of 256 elements.

// Scale and minimum of group 0...7, six bits each, packed into twelve bytes: groups 0 to 3 lie in
// the low six bits of bytes 0 to 3 (scales) and 4 to 7 (minima); groups 4 to 7 have their low four
// bits in bytes 8 to 11 and the upper two in the upper bits of the bytes before.
static inline void scale_and_min(const uint8_t *packed, int group, int *scale, int *min) {
  if (group < 4) {
    *scale = packed[group] & 63;
    *min = packed[group + 4] & 63;
  } else {
    *scale = (packed[group + 4] & 15) | (packed[group - 4] >> 6) << 4;
    *min = (packed[group + 4] >> 4) | (packed[group] >> 6) << 4;
  }
}

void ck_decode_q2_k(const void *blocks, size_t count, float *restrict values) {
  const uint8_t *restrict block = blocks;
  for (size_t at = 0; at < count; at += 256, block += 84) {
    const float d = half(ck_u16(block + 80)), dmin = half(ck_u16(block + 82));
    for (int group = 0; group < 16; group++) {
      const float ds = d * (float)(block[group] & 15), dm = dmin * (float)(block[group] >> 4);
      const uint8_t *q = block + 16 + group / 8 * 32 + group % 2 * 16;
      const int shift = group / 2 % 4 * 2;
      float *restrict out = values + at + group * 16;
      for (int i = 0; i < 16; i++) out[i] = ds * (float)(q[i] >> shift & 3) - dm;
    }
  }
}

void ck_decode_q4_k(const void *blocks, size_t count, float *restrict values) {
  const uint8_t *restrict block = blocks;
  for (size_t at = 0; at < count; at += 256, block += 144) {
    const float d = half(ck_u16(block)), dmin = half(ck_u16(block + 2));
    for (int group = 0; group < 8; group++) {
      int scale, min;
      scale_and_min(block + 4, group, &scale, &min);
      const float ds = d * (float)scale, dm = dmin * (float)min;
      const uint8_t *q = block + 16 + group / 2 * 32;
      const int shift = group % 2 * 4;
      float *restrict out = values + at + group * 32;
      for (int i = 0; i < 32; i++) out[i] = ds * (float)(q[i] >> shift & 15) - dm;
    }
  }
}

void ck_decode_q5_k(const void *blocks, size_t count, float *restrict values) {
  const uint8_t *restrict block = blocks;
  for (size_t at = 0; at < count; at += 256, block += 176) {
    const float d = half(ck_u16(block)), dmin = half(ck_u16(block + 2));
    const uint8_t *high = block + 16;  // bit g of byte i is the fifth bit of element 32 * g + i
    for (int group = 0; group < 8; group++) {
      int scale, min;
      scale_and_min(block + 4, group, &scale, &min);
      const float ds = d * (float)scale, dm = dmin * (float)min;
      const uint8_t *q = block + 48 + group / 2 * 32;
      const int shift = group % 2 * 4;
      float *restrict out = values + at + group * 32;
      for (int i = 0; i < 32; i++) {
        out[i] = ds * (float)((q[i] >> shift & 15) | (high[i] >> group & 1) << 4) - dm;
      }
    }
  }
}

void ck_decode_q6_k(const void *blocks, size_t count, float *restrict values) {
  const uint8_t *restrict block = blocks;
  for (size_t at = 0; at < count; at += 256, block += 210) {
    const int8_t *scales = (const int8_t *)(block + 192);  // one for 16 elements
    const float d = half(ck_u16(block + 208));
    for (int group = 0; group < 8; group++) {  // 32 elements
      const uint8_t *q = block + group / 4 * 64 + group % 2 * 32;
      const uint8_t *high = block + 128 + group / 4 * 32;
      const int shift = group % 4 / 2 * 4, high_shift = group % 4 * 2;
      float *restrict out = values + at + group * 32;
      for (int part = 0; part < 2; part++) {
        const float ds = d * (float)scales[group * 2 + part];
        for (int i = part * 16; i < part * 16 + 16; i++) {
          out[i] = ds * (float)(((q[i] >> shift & 15) | (high[i] >> high_shift & 3) << 4) - 32);
        }
      }
    }
  }
}
