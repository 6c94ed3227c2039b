// Operations on vectors of eight lanes; included once for each kind of machine, inside the region
// that sets the target of its functions.

CK_INLINE f32x8 CK(load)(const float *p) { return *(const f32x8_any *)p; }

CK_INLINE void CK(store)(float *p, f32x8 v) { *(f32x8_any *)p = v; }

CK_INLINE f32x8 CK(spread)(float x) { return (f32x8){x, x, x, x, x, x, x, x}; }

// a * b + c, rounded once.
CK_INLINE f32x8 CK(fma)(f32x8 a, f32x8 b, f32x8 c) { return __builtin_elementwise_fma(a, b, c); }

CK_INLINE f32x8 CK(floats)(i32x8 v) { return __builtin_convertvector(v, f32x8); }

// `count` < 8 floats, the rest zero.
CK_INLINE f32x8 CK(load_some)(const float *p, size_t count) {
  float lanes[8] = {0};
  memcpy(lanes, p, count * sizeof(float));
  return CK(load)(lanes);
}

CK_INLINE void CK(store_some)(float *p, f32x8 v, size_t count) {
  float lanes[8];
  CK(store)(lanes, v);
  memcpy(p, lanes, count * sizeof(float));
}

CK_INLINE f32x8 CK(halves)(const void *p) {
#if CK_AVX2
  return (f32x8)_mm256_cvtph_ps(_mm_loadu_si128(p));
#else
  uint16_t bits[8];
  memcpy(bits, p, sizeof bits);
  f32x8 v;
  for (int i = 0; i < 8; i++) v[i] = ck_half(bits[i]);
  return v;
#endif
}

CK_INLINE f32x8 CK(bfloats)(const void *p) {
  return (f32x8)(__builtin_convertvector(*(const u16x8_any *)p, u32x8) << 16);
}

// Numbers of 8 bits, 4 of them the exponent.
CK_INLINE f32x8 CK(eighths)(const void *p) {
  const u32x8 bits = __builtin_convertvector(*(const u8x8_any *)p, u32x8);
  const u32x8 magnitude = bits & 127, sign = (bits & 128) << 24;
  const f32x8 value = (f32x8)(magnitude << 20 | sign) * 0x1p120f;
  const u32x8 nan = (u32x8)(magnitude == 127);
  return (f32x8)(((u32x8)value & ~nan) | ((0x7fc00000 | sign) & nan));
}

CK_INLINE f32x8 CK(bytes)(const void *p) {
  return __builtin_convertvector(__builtin_convertvector(*(const u8x8_any *)p, i32x8), f32x8);
}

CK_INLINE f32x8 CK(signed_bytes)(const void *p) {
  return __builtin_convertvector(__builtin_convertvector(*(const i8x8_any *)p, i32x8), f32x8);
}

// Half of 2^(e - 127) for bytes e.
CK_INLINE f32x8 CK(powers)(const void *p) {
  const u32x8 e = __builtin_convertvector(*(const u8x8_any *)p, u32x8);
  const u32x8 is_tiny = (u32x8)(e < 2);
  return (f32x8)((is_tiny & (0x00200000u << (e & 1))) | (~is_tiny & (e - 1) << 23));
}

// Bit `from` of each byte as bit `to`; the other bits are anything.
CK_INLINE u32x8 CK(bit)(u32x8 bytes, int from, int to) {
  return from < to ? bytes << (to - from) : bytes >> (from - to);
}

// Bytes 0 to 15 become those that they number in a table of 16.
CK_INLINE u32x8 CK(table_values)(const int8_t table[16], u32x8 numbers) {
#if CK_AVX2
  const __m256i values = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)table));
  return (u32x8)_mm256_shuffle_epi8(values, (__m256i)numbers);
#else
  uint8_t bytes[32];
  memcpy(bytes, &numbers, sizeof bytes);
  for (int i = 0; i < 32; i++) bytes[i] = (uint8_t)table[bytes[i]];
  memcpy(&numbers, bytes, sizeof bytes);
  return numbers;
#endif
}

CK_INLINE bool CK(any)(i32x8 v) {
#if CK_AVX2
  return !_mm256_testz_si256((__m256i)v, (__m256i)v);
#else
  return __builtin_reduce_or(v) != 0;
#endif
}

CK_INLINE int32_t CK(sum_integers)(i32x8 v) {
  int32_t sum = 0;
  for (int i = 0; i < 8; i++) sum += v[i];
  return sum;
}
