// Vectors of eight lanes, in clang's portable notation: the same source becomes AVX2 with FMA,
// NEON, or calls of fmaf(), and every one of them rounds alike.
#ifndef CK_VECTORS_H
#define CK_VECTORS_H

#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// Functions that take these vectors are always inlined, so how they would be passed is no matter.
#pragma clang diagnostic ignored "-Wpsabi"
#define CK_INLINE static inline __attribute__((always_inline, unused))

typedef float f32x8 __attribute__((vector_size(32)));
typedef int32_t i32x8 __attribute__((vector_size(32)));
typedef uint32_t u32x8 __attribute__((vector_size(32)));
typedef int16_t i16x16 __attribute__((vector_size(32)));
typedef uint16_t u16x16 __attribute__((vector_size(32)));
typedef uint8_t u8x32 __attribute__((vector_size(32)));
typedef int8_t i8x32 __attribute__((vector_size(32)));
typedef uint64_t u64x4 __attribute__((vector_size(32)));
typedef double f64x4 __attribute__((vector_size(32)));
// The same at any alignment.
typedef float f32x8_any __attribute__((vector_size(32), aligned(1), may_alias));
typedef float f32x4_any __attribute__((vector_size(16), aligned(1), may_alias));
typedef int32_t i32x8_any __attribute__((vector_size(32), aligned(1), may_alias));
typedef uint32_t u32x8_any __attribute__((vector_size(32), aligned(1), may_alias));
typedef uint8_t u8x16_any __attribute__((vector_size(16), aligned(1), may_alias));
typedef uint8_t u8x8_any __attribute__((vector_size(8), aligned(1), may_alias));
typedef int8_t i8x8 __attribute__((vector_size(8)));
typedef int8_t i8x8_any __attribute__((vector_size(8), aligned(1), may_alias));
typedef uint16_t u16x8_any __attribute__((vector_size(16), aligned(1), may_alias));

// Half to float, exact, subnormals and infinities included: their magnitude is an integer times
// 2^-24, or the exponent is rebased.
static inline float ck_half(uint32_t bits) {
  const uint32_t magnitude = bits & 0x7fff;
  const float tiny = (float)(int32_t)magnitude * 0x1p-24f;
  uint32_t word;
  memcpy(&word, &tiny, sizeof word);
  if (magnitude >= 0x0400) word = (magnitude << 13) + ((magnitude >= 0x7c00 ? 224u : 112u) << 23);
  word |= (bits & 0x8000) << 16;
  float value;
  memcpy(&value, &word, sizeof value);
  return value;
}

#endif
