// Exponentials and their kin; included once for each kind of machine.
//
// Polynomials are minimax fits in float64 with coefficients rounded to float32. Every step is one
// rounding of IEEE arithmetic, so all machines get the same bits.

CK_INLINE f32x8 CK(select)(i32x8 mask, f32x8 yes, f32x8 no) {
  return (f32x8)(((i32x8)yes & mask) | ((i32x8)no & ~mask));
}

CK_INLINE f32x8 CK(magnitude)(f32x8 x) { return (f32x8)((i32x8)x & 0x7fffffff); }

// The smaller of the two, `x` where it is NaN.
CK_INLINE f32x8 CK(at_most)(f32x8 x, f32x8 limit) { return CK(select)(x > limit, limit, x); }

CK_INLINE f32x8 CK(at_least)(f32x8 x, f32x8 limit) { return CK(select)(x < limit, limit, x); }

// exp(x) = 2^n exp(r) with |r| <= ln(2) / 2.
CK_INLINE f32x8 CK(exp)(f32x8 x) {
  x = CK(at_least)(CK(at_most)(x, CK(spread)(89.0f)), CK(spread)(-105.0f));
  const f32x8 shifter = CK(spread)(0x1.8p23f);
  const f32x8 shifted = CK(fma)(x, CK(spread)(0x1.715476p0f), shifter);
  const f32x8 n = shifted - shifter;
  f32x8 r = CK(fma)(n, CK(spread)(-0x1.62e4p-1f), x);
  r = CK(fma)(n, CK(spread)(-0x1.7f7d1cp-20f), r);
  f32x8 p = CK(spread)(0x1.a1bd58p-13f);
  p = CK(fma)(p, r, CK(spread)(0x1.6d9e3ep-10f));
  p = CK(fma)(p, r, CK(spread)(0x1.11107ap-7f));
  p = CK(fma)(p, r, CK(spread)(0x1.555478p-5f));
  p = CK(fma)(p, r, CK(spread)(0x1.555556p-3f));
  p = CK(fma)(p, r, CK(spread)(0.5f));
  p = CK(fma)(p * r, r, r) + 1.0f;
  // In two steps, so that results below and just above the normal range come out right.
  const i32x8 exponent = (i32x8)shifted - (i32x8)shifter;
  const i32x8 first = exponent >> 1;
  const i32x8 second = exponent - first;
  return p * (f32x8)((first + 127) << 23) * (f32x8)((second + 127) << 23);
}

CK_INLINE f32x8 CK(tanh)(f32x8 x) {
  const f32x8 a = CK(magnitude)(x);
  const f32x8 z = x * x;
  f32x8 p = CK(spread)(-0.005155104f);
  p = CK(fma)(p, z, CK(spread)(0.020111647f));
  p = CK(fma)(p, z, CK(spread)(-0.053566985f));
  p = CK(fma)(p, z, CK(spread)(0.13329244f));
  p = CK(fma)(p, z, CK(spread)(-0.33333197f));
  const f32x8 near = CK(fma)(p * z, x, x);
  const f32x8 far = 1.0f - 2.0f / (CK(exp)(a + a) + 1.0f);
  const f32x8 signed_far = (f32x8)((i32x8)far | ((i32x8)x & (int32_t)0x80000000));
  return CK(select)(a < CK(spread)(0.7f), near, signed_far);
}

CK_INLINE f32x8 CK(erf)(f32x8 x) {
  const f32x8 a = CK(magnitude)(x);
  const f32x8 z = x * x;
  f32x8 p = CK(spread)(7.889119e-05f);
  p = CK(fma)(p, z, CK(spread)(-0.0008020841f));
  p = CK(fma)(p, z, CK(spread)(0.005189535f));
  p = CK(fma)(p, z, CK(spread)(-0.026854444f));
  p = CK(fma)(p, z, CK(spread)(0.112836f));
  p = CK(fma)(p, z, CK(spread)(-0.37612626f));
  p = CK(fma)(p, z, CK(spread)(1.1283791f));
  const f32x8 near = p * x;
  // log erfc(a) on [1, 4]; beyond, erfc is below half a unit in the last place of 1.
  const f32x8 b = CK(at_most)(a, CK(spread)(4.0f));
  f32x8 q = CK(spread)(-2.1496113e-05f);
  q = CK(fma)(q, b, CK(spread)(0.00043910637f));
  q = CK(fma)(q, b, CK(spread)(-0.004193611f));
  q = CK(fma)(q, b, CK(spread)(0.025178967f));
  q = CK(fma)(q, b, CK(spread)(-0.10837248f));
  q = CK(fma)(q, b, CK(spread)(-0.63326263f));
  q = CK(fma)(q, b, CK(spread)(-1.1295568f));
  q = CK(fma)(q, b, CK(spread)(0.00018344414f));
  const f32x8 far = 1.0f - CK(exp)(q);
  const f32x8 signed_far = (f32x8)((i32x8)far | ((i32x8)x & (int32_t)0x80000000));
  return CK(select)(a < CK(spread)(1.0f), near, signed_far);
}

// The sum of the lanes, halves first.
CK_INLINE float CK(sum)(f32x8 v) {
  return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]));
}
