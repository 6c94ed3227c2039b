// Steps over rows; included once for each kind of machine. A vector that reaches past the end of
// a row is completed with zeros, so that every element meets the same instructions.

#define CK_FOR_VECTORS(i, n, count)                                                                \
  for (size_t i = 0, n = (count) < 8 ? (count) : 8; i < (count);                                   \
       i += 8, n = (count) - i < 8 ? (count) - i : 8)

CK_INLINE f32x8 CK(load_n)(const float *p, size_t n) {
  return n == 8 ? CK(load)(p) : CK(load_some)(p, n);
}

CK_INLINE void CK(store_n)(float *p, f32x8 v, size_t n) {
  if (n == 8) {
    CK(store)(p, v);
  } else {
    CK(store_some)(p, v, n);
  }
}

// Sum of (x - shift)^2, in 16 partial sums.
CK_INLINE float CK(square_sum)(const float *x, size_t count, float shift) {
  const f32x8 away = CK(spread)(shift);
  f32x8 first = CK(spread)(0), second = CK(spread)(0);
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    const f32x8 a = CK(load)(x + i) - away, b = CK(load)(x + i + 8) - away;
    first = CK(fma)(a, a, first);
    second = CK(fma)(b, b, second);
  }
  for (; i < count; i++) {
    const float a = x[i] - shift;
    f32x8 square = CK(spread)(0);
    square[i % 8] = a;
    if (i % 16 < 8) {
      first = CK(fma)(square, square, first);
    } else {
      second = CK(fma)(square, square, second);
    }
  }
  return CK(sum)(first + second);
}

CK_INLINE float CK(element_sum)(const float *x, size_t count) {
  f32x8 sum = CK(spread)(0);
  CK_FOR_VECTORS(i, n, count) sum += CK(load_n)(x + i, n);
  return CK(sum)(sum);
}

static void CK(rms_norm)(const ck_rows *s, size_t first, size_t end) {
  for (size_t row = first; row < end; row++) {
    const float *x = s->input + row * s->width;
    float *y = s->output + row * s->width;
    const float mean = CK(square_sum)(x, s->width, 0) / (float)s->width;
    const f32x8 scale = CK(spread)(1.0f / __builtin_sqrtf(mean + s->number));
    CK_FOR_VECTORS(i, n, s->width)
    CK(store_n)(y + i, CK(load_n)(x + i, n) * scale * CK(load_n)(s->weight + i, n), n);
  }
}

static void CK(layer_norm)(const ck_rows *s, size_t first, size_t end) {
  for (size_t row = first; row < end; row++) {
    const float *x = s->input + row * s->width;
    float *y = s->output + row * s->width;
    const float mean = CK(element_sum)(x, s->width) / (float)s->width;
    const float variance = CK(square_sum)(x, s->width, mean) / (float)s->width;
    const f32x8 scale = CK(spread)(1.0f / __builtin_sqrtf(variance + s->number));
    CK_FOR_VECTORS(i, n, s->width) {
      const f32x8 normed = (CK(load_n)(x + i, n) - mean) * scale * CK(load_n)(s->weight + i, n);
      const f32x8 bias = s->other == NULL ? CK(spread)(0) : CK(load_n)(s->other + i, n);
      CK(store_n)(y + i, normed + bias, n);
    }
  }
}

static void CK(add)(const ck_rows *s, size_t first, size_t end) {
  const float *x = s->input + first;
  float *y = s->output + first;
  for (size_t i = 0; i < end - first; i++) y[i] += x[i];
}

static void CK(add_row)(const ck_rows *s, size_t first, size_t end) {
  for (size_t row = first; row < end; row++) {
    float *y = s->output + row * s->width;
    for (size_t i = 0; i < s->width; i++) y[i] += s->input[i];
  }
}

static void CK(scale)(const ck_rows *s, size_t first, size_t end) {
  for (size_t i = first; i < end; i++) s->output[i] *= s->number;
}

CK_INLINE f32x8 CK(activation)(int kind, f32x8 x) {
  if (kind == CK_GELU) return 0.5f * x * (1.0f + CK(erf)(x * 0x1.6a09e6p-1f));
  f32x8 u = x;
  if (kind == CK_GELU_TANH) u = 0x1.988454p0f * CK(fma)(x * x * 0.044715f, x, x);
  return x / (1.0f + CK(exp)(-u));
}

CK_INLINE void CK(gate_kind)(int kind, const ck_rows *s, size_t first, size_t end) {
  const float *up = s->input;
  CK_FOR_VECTORS(i, n, end - first) {
    float *y = s->output + first + i;
    f32x8 v = CK(activation)(kind, CK(load_n)(y, n));
    if (up != NULL) v *= CK(load_n)(up + first + i, n);
    CK(store_n)(y, v, n);
  }
}

static void CK(gate)(const ck_rows *s, size_t first, size_t end) {
  switch (s->kind) {
  case CK_SILU: CK(gate_kind)(CK_SILU, s, first, end); break;
  case CK_GELU_TANH: CK(gate_kind)(CK_GELU_TANH, s, first, end); break;
  default: CK(gate_kind)(CK_GELU, s, first, end); break;
  }
}

static void CK(soft_cap)(const ck_rows *s, size_t first, size_t end) {
  CK_FOR_VECTORS(i, n, end - first) {
    float *y = s->output + first + i;
    CK(store_n)(y, s->number * CK(tanh)(CK(load_n)(y, n) / s->number), n);
  }
}

static void CK(exponential)(const ck_rows *s, size_t first, size_t end) {
  CK_FOR_VECTORS(i, n, end - first)
  CK(store_n)(s->output + first + i, CK(exp)(CK(load_n)(s->input + first + i, n)), n);
}

CK_INLINE float CK(largest)(const float *x, size_t count) {
  f32x8 top = CK(spread)(-__builtin_inff());
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const f32x8 v = CK(load)(x + i);
    top = CK(select)(v > top, v, top);
  }
  float best = -__builtin_inff();
  for (int lane = 0; lane < 8; lane++) best = top[lane] > best ? top[lane] : best;
  for (; i < count; i++) best = x[i] > best ? x[i] : best;
  return best;
}

// The first of the greatest elements; 0 where all are NaN.
static size_t CK(index_of_largest)(const float *x, size_t count) {
  const float top = CK(largest)(x, count);
  size_t i = 0;
  for (; i + 32 <= count; i += 32) {
    i32x8 equal = {0};
    for (size_t part = 0; part < 32; part += 8) equal |= CK(load)(x + i + part) == top;
    if (CK(any)(equal)) break;
  }
  for (; i < count; i++)
    if (x[i] == top) return i;
  return 0;
}

// Sum of exp(x - top) in float64; writes the exponentials too where `output` is not null.
CK_INLINE double CK(exp_sum)(const float *x, size_t count, float top, float *output) {
  f64x4 low = {0}, high = {0};
  CK_FOR_VECTORS(i, n, count) {
    f32x8 v = CK(load_n)(x + i, n);
    // Lanes past the end: exp(-infinity) is 0.
    for (size_t lane = n; lane < 8; lane++) v[lane] = -__builtin_inff();
    v = CK(exp)(v - top);
    if (output != NULL) CK(store_n)(output + i, v, n);
    const f32x8 w = v;
    low += __builtin_convertvector(__builtin_shufflevector(w, w, 0, 1, 2, 3), f64x4);
    high += __builtin_convertvector(__builtin_shufflevector(w, w, 4, 5, 6, 7), f64x4);
  }
  const f64x4 sum = low + high;
  return (sum[0] + sum[2]) + (sum[1] + sum[3]);
}

static void CK(softmax)(const ck_rows *s, size_t first, size_t end) {
  for (size_t row = first; row < end; row++) {
    float *x = s->output + row * s->width;
    const double sum = CK(exp_sum)(x, s->width, CK(largest)(x, s->width), x);
    const f32x8 total = CK(spread)((float)sum);
    CK_FOR_VECTORS(i, n, s->width) CK(store_n)(x + i, CK(load_n)(x + i, n) / total, n);
  }
}

static void CK(log_sum_exp)(const ck_rows *s, size_t first, size_t end) {
  for (size_t row = first; row < end; row++) {
    const float *x = s->input + row * s->width;
    const float top = CK(largest)(x, s->width);
    s->result[row] = (double)top + __builtin_log(CK(exp_sum)(x, s->width, top, NULL));
  }
}

CK_INLINE f64x4 CK(doubles)(const float *p) {
  const f32x4_any v = *(const f32x4_any *)p;
  return __builtin_convertvector(v, f64x4);
}

static double CK(dot)(const float *left, const float *right, size_t count) {
  f64x4 first = {0}, second = {0};
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    first += CK(doubles)(left + i) * CK(doubles)(right + i);
    second += CK(doubles)(left + i + 4) * CK(doubles)(right + i + 4);
  }
  for (; i < count; i++) {
    if (i % 8 < 4) {
      first[i % 4] += (double)left[i] * (double)right[i];
    } else {
      second[i % 4] += (double)left[i] * (double)right[i];
    }
  }
  const f64x4 sum = first + second;
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

static void CK(add_scaled)(const float *source, float factor, size_t count, float *target) {
  for (size_t i = 0; i < count; i++) target[i] += factor * source[i];
}

static void CK(rotate)(const ck_rotation *s, size_t first, size_t end) {
  for (size_t row = first; row < end; row++) {
    const float *restrict cosines = s->cosines + row * s->half;
    const float *restrict sines = s->sines + row * s->half;
    for (size_t head = 0; head < s->heads; head++) {
      float *restrict x = s->x + (row * s->heads + head) * s->head_width;
      if (s->interleaved) {
        for (size_t i = 0; i < s->half; i++) {
          const float a = x[2 * i], b = x[2 * i + 1];
          x[2 * i] = a * cosines[i] - b * sines[i];
          x[2 * i + 1] = a * sines[i] + b * cosines[i];
        }
      } else {
        float *restrict y = x + s->half;
        for (size_t i = 0; i < s->half; i++) {
          const float a = x[i], b = y[i];
          x[i] = a * cosines[i] - b * sines[i];
          y[i] = a * sines[i] + b * cosines[i];
        }
      }
    }
  }
}
