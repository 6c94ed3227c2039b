// Formats whose elements are a scale times a small integer: what they are packed as.
#ifndef CK_BLOCKS_H
#define CK_BLOCKS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "CKernelsMatrix.h"

// Most elements of a block, and of its scales.
enum { ck_block_elements = 256, ck_block_scales = 16 };

// How the blocks of a format are stored, and the format that they are packed as: TQ2_0 for TQ1_0,
// else their own.
typedef struct {
  int packed;
  size_t elements, bytes;
} ck_stored;

static inline ck_stored ck_stored_of(int format) {
  switch (format) {
  case CK_Q4_0: return (ck_stored){format, 32, 18};
  case CK_Q4_1: return (ck_stored){format, 32, 20};
  case CK_Q5_0: return (ck_stored){format, 32, 22};
  case CK_Q5_1: return (ck_stored){format, 32, 24};
  case CK_Q8_0: return (ck_stored){format, 32, 34};
  case CK_Q2_K: return (ck_stored){format, 256, 84};
  case CK_Q3_K: return (ck_stored){format, 256, 110};
  case CK_Q4_K: return (ck_stored){format, 256, 144};
  case CK_Q5_K: return (ck_stored){format, 256, 176};
  case CK_Q6_K: return (ck_stored){format, 256, 210};
  case CK_Q8_K: return (ck_stored){format, 256, 292};
  case CK_IQ1_S: return (ck_stored){format, 256, 50};
  case CK_IQ1_M: return (ck_stored){format, 256, 56};
  case CK_IQ2_XXS: return (ck_stored){format, 256, 66};
  case CK_IQ2_XS: return (ck_stored){format, 256, 74};
  case CK_IQ2_S: return (ck_stored){format, 256, 82};
  case CK_IQ3_XXS: return (ck_stored){format, 256, 98};
  case CK_IQ3_S: return (ck_stored){format, 256, 110};
  case CK_IQ4_NL: return (ck_stored){format, 32, 18};
  case CK_IQ4_XS: return (ck_stored){format, 256, 136};
  case CK_TQ1_0: return (ck_stored){CK_TQ2_0, 256, 54};
  case CK_TQ2_0: return (ck_stored){format, 256, 66};
  case CK_MXFP4: return (ck_stored){format, 32, 17};
  case CK_F32: return (ck_stored){format, 1, 4};
  case CK_F16:
  case CK_BF16: return (ck_stored){format, 1, 2};
  case CK_F8_E4M3: return (ck_stored){format, 1, 1};
  default: return (ck_stored){format, 0, 0};
  }
}

static inline float ck_float_from_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static inline uint32_t ck_u16(const uint8_t *bytes) {
  return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8;
}

static inline uint32_t ck_u32(const uint8_t *bytes) {
  return ck_u16(bytes) | ck_u16(bytes + 2) << 16;
}

// The scales of the 16 groups of a Q3_K block.
void ck_q3_k_scales(const uint8_t *block, int8_t scales[16]);

// The factor of 32 elements of an IQ4_XS block.
static inline int ck_iq4_xs_factor(const uint8_t *block, int part) {
  const int low = block[4 + part / 2] >> (part % 2 * 4) & 15;
  return (low | (int)(ck_u16(block + 2) >> (2 * part) & 3) << 4) - 32;
}

// Elements of a TQ1_0 block, plus one: digits of base-3 fractions in its bytes.
void ck_tq1_0_digits(const uint8_t *block, int first, int count, uint8_t *digits);

// Writes eight bytes, each with its sign as bit `at`.
static inline void ck_store_signed(uint64_t bytes, uint64_t signs, int at, uint8_t *out) {
  const uint64_t sevens = 0x7f7f7f7f7f7f7f7f;
  const uint64_t own = signs * 0x0101010101010101 & 0x8040201008040201; // bit i of byte i
  bytes |= ((((own & sevens) + sevens) | own) >> 7 & 0x0101010101010101) << at;
  memcpy(out, &bytes, sizeof bytes);
}

// What the packed codes of IQ2_S, IQ3_S, IQ4_NL, IQ4_XS and MXFP4 stand for; MXFP4's times two.
extern const int8_t ck_iq2_values[16];
extern const int8_t ck_iq3_values[16];
extern const int8_t ck_iq4_values[16];
extern const int8_t ck_fp4_values[16];

#endif
