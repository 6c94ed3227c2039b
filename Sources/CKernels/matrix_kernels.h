// Products of packed weights and rows in float32; included once for each kind of machine.
//
// Every output is one chain of fused multiply-adds in ascending k, wherever the loop is cut.

// Code word c of 8 outputs. Of 4-bit codes the other halves of the bytes hold another word.
CK_INLINE u32x8 CK(word)(int format, const uint8_t *codes, int c) {
  const int bits = ck_layout_of(format).bits;
  const int8_t *const table = ck_table_of(format);
  if (bits == 8) return *(const u32x8_any *)(codes + 32 * c);
  if (bits < 4) {
    u32x8 word = *(const u32x8_any *)(codes + 32 * (c / 4)) >> (2 * (c % 4)) & 0x03030303;
    if (bits == 3) word |= CK(bit)(*(const u32x8_any *)(codes + 64), c, 2) & 0x04040404;
    return table == NULL ? word : CK(table_values)(table, word);
  }
  u32x8 word = *(const u32x8_any *)(codes + 32 * (c / 2));
  if (c % 2 == 1) word = word >> 4;
  if (bits == 4 && table == NULL) return word;
  word &= 0x0f0f0f0f;
  if (bits == 4) return CK(table_values)(table, word);
  if (bits == 5) return word | (CK(bit)(*(const u32x8_any *)(codes + 128), c, 4) & 0x10101010);
  const u32x8 high = *(const u32x8_any *)(codes + 128 + 32 * (c / 4));
  const int at = 2 * (c % 4);
  return word | ((at < 4 ? high << (4 - at) : high >> (at - 4)) & 0x30303030);
}

// Byte j of each lane times 2^(8j) as a float; signed, and times 2^24, where codes have 8 bits.
// Four bits are taken from a word whose other halves of bytes may hold anything.
CK_INLINE f32x8 CK(code)(int bits, u32x8 word, int j) {
  if (bits == 8) return CK(floats)((i32x8)(word << (24 - 8 * j) & 0xff000000));
  return CK(floats)((i32x8)(word & (bits == 4 ? 0x0fu : 0xffu) << (8 * j)));
}

// What undoes the factor of CK(code).
CK_INLINE float CK(unit)(int bits, int j) {
  const float units[4] = {1, 0x1p-8f, 0x1p-16f, 0x1p-24f};
  return bits == 8 ? 0x1p-24f : units[j];
}

// weight = scale[j] * code + offset for byte j of 8 outputs.
typedef struct {
  f32x8 scale[4], offset;
} CK(affine);

// For inputs 16 half .. 16 half + 15 of a tile. Products with powers of two are exact.
CK_INLINE CK(affine) CK(scales)(int format, const uint8_t *header, const uint8_t *tile, int group,
                                int half) {
  const CK(code_scale) s = CK(scale_of)(format, header, tile, group, half);
  CK(affine) a;
  a.offset = CK(has_offset)(format) ? s.offset : s.scale * -(float)CK(zero)(format);
CK_UNROLL
  for (int j = 0; j < 4; j++) a.scale[j] = s.scale * CK(unit)(ck_code_bits(format), j);
  return a;
}

CK_INLINE f32x8 CK(weight)(int format, const CK(affine) *a, u32x8 word, int j) {
  const int bits = ck_code_bits(format);
  const f32x8 code = CK(code)(bits, word, j);
  return bits == 8 ? a->scale[j] * code : CK(fma)(code, a->scale[j], a->offset);
}

// 8 outputs of one input of a plain format.
CK_INLINE f32x8 CK(plain)(int format, const uint8_t *p) {
  if (format == CK_F32) return CK(load)((const float *)p);
  if (format == CK_F8_E4M3) return CK(eighths)(p);
  return format == CK_F16 ? CK(halves)(p) : CK(bfloats)(p);
}

// One or two rows times a band, straight from the packed weights. `packed` is `format`, or one with
// a grid where that is CK_BYTES.
CK_INLINE void CK(direct)(int format, int packed, int rows, const uint8_t *band, size_t inputs,
                          const float *x, size_t stride, float *sums) {
  const ck_layout layout = ck_layout_of(format), stored = ck_layout_of(packed);
  f32x8 sum[4][4];
  for (int r = 0; r < rows; r++)
    for (int g = 0; g < 4; g++) sum[r][g] = CK(spread)(0);
  const size_t plain = ck_plain_bytes(format);
  if (plain != 0) {
    for (size_t k = 0; k < inputs; k++, band += CK_BAND * plain) {
CK_UNROLL
      for (int g = 0; g < 4; g++) {
        const f32x8 w = CK(plain)(format, band + 8 * plain * (size_t)g);
CK_UNROLL
        for (int r = 0; r < rows; r++)
          sum[r][g] = CK(fma)(w, CK(spread)(x[(size_t)r * stride + k]), sum[r][g]);
      }
    }
  } else {
    CK_EXPANDED(expanded, format);
    for (size_t k = 0; k < inputs;) {
      const uint8_t *const header = band;
      band += stored.header;
      for (int t = 0; t < stored.tiles; t++, k += ck_tile_inputs) {
        CK(affine) a[4];
        // What later tiles need: the machine's own prefetching stops at the end of a page.
        for (size_t line = 0; line < ck_tile_bytes(stored); line += 64)
          __builtin_prefetch(band + ck_ahead + line, 0, 3);
        const uint8_t *tile = CK(tile_of)(format, packed, header, band, 0, 4, expanded);
CK_UNROLL
        for (int c = 0; c < 8; c++) {
          if (c == 0 || (c == 4 && ck_has_short_runs(format))) {
CK_UNROLL
            for (int g = 0; g < 4; g++) a[g] = CK(scales)(format, header, tile, g, c / 4);
          }
          u32x8 word[4];
CK_UNROLL
          for (int g = 0; g < 4; g++)
            word[g] = CK(word)(format, tile + layout.scales + layout.codes * (size_t)g, c);
CK_UNROLL
          for (int j = 0; j < 4; j++) {
            const float *input = x + k + 4 * (size_t)c + j;
CK_UNROLL
            for (int g = 0; g < 4; g++) {
              const f32x8 w = CK(weight)(format, &a[g], word[g], j);
CK_UNROLL
              for (int r = 0; r < rows; r++)
                sum[r][g] = CK(fma)(w, CK(spread)(input[(size_t)r * stride]), sum[r][g]);
            }
          }
          CK_AFTER(tile, sum[0]);
        }
        band += ck_tile_bytes(stored);
      }
    }
  }
  for (int r = 0; r < rows; r++)
    for (int g = 0; g < 4; g++) CK(store)(sums + 32 * r + 8 * g, sum[r][g]);
}

// Weights of `inputs` inputs from `first` on for 16 outputs of a band, as floats [inputs, 16].
CK_INLINE void CK(unpack)(int format, int packed, const uint8_t *band, int half_band, size_t first,
                          size_t inputs, float *panel) {
  const ck_layout layout = ck_layout_of(format), stored = ck_layout_of(packed);
  const size_t plain = ck_plain_bytes(format);
  if (plain != 0) {
    band += (first * CK_BAND + 16 * (size_t)half_band) * plain;
    for (size_t k = 0; k < inputs; k++, band += CK_BAND * plain, panel += 16) {
      CK(store)(panel, CK(plain)(format, band));
      CK(store)(panel + 8, CK(plain)(format, band + 8 * plain));
    }
    return;
  }
  CK_EXPANDED(expanded, format);
  band += first / (size_t)(ck_tile_inputs * stored.tiles) * ck_group_bytes(stored);
  for (size_t k = 0; k < inputs;) {
    const uint8_t *const header = band;
    band += stored.header;
    for (int t = 0; t < stored.tiles; t++, k += ck_tile_inputs, panel += 16 * ck_tile_inputs) {
      const uint8_t *const tile =
          CK(tile_of)(format, packed, header, band, 2 * half_band, 2, expanded);
CK_UNROLL
      for (int g = 0; g < 2; g++) {
        const int group = 2 * half_band + g;
        const uint8_t *codes = tile + layout.scales + layout.codes * (size_t)group;
        CK(affine) a = CK(scales)(format, header, tile, group, 0);
CK_UNROLL
        for (int c = 0; c < 8; c++) {
          if (c == 4 && ck_has_short_runs(format)) a = CK(scales)(format, header, tile, group, 1);
          const u32x8 word = CK(word)(format, codes, c);
CK_UNROLL
          for (int j = 0; j < 4; j++)
            CK(store)(panel + 16 * (4 * c + j) + 8 * g, CK(weight)(format, &a, word, j));
        }
      }
      band += ck_tile_bytes(stored);
    }
  }
}

// sums[r, 16] += x[r, inputs] * panel for `rows` rows; `fresh` starts from 0 instead. Each 32 inputs
// fetch `lines` lines from `ahead` on.
CK_INLINE void CK(tile)(int rows, const float *panel, size_t inputs, const float *x, size_t stride,
                        bool fresh, float *sums, size_t sums_stride, const uint8_t *ahead,
                        size_t lines) {
  f32x8 sum[6][2];
CK_UNROLL
  for (int r = 0; r < rows; r++) {
    for (int g = 0; g < 2; g++)
      sum[r][g] = fresh ? CK(spread)(0) : CK(load)(sums + (size_t)r * sums_stride + 8 * g);
  }
  for (size_t k = 0; k < inputs;) {
    const size_t end = inputs - k < ck_tile_inputs ? inputs : k + ck_tile_inputs;
    for (size_t line = 0; line < lines; line++, ahead += 64) __builtin_prefetch(ahead, 0, 2);
CK_UNROLL_BY_4
    for (; k < end; k++) {
      const f32x8 w0 = CK(load)(panel + 16 * k);
      const f32x8 w1 = CK(load)(panel + 16 * k + 8);
CK_UNROLL
      for (int r = 0; r < rows; r++) {
        const f32x8 input = CK(spread)(x[(size_t)r * stride + k]);
        sum[r][0] = CK(fma)(w0, input, sum[r][0]);
        sum[r][1] = CK(fma)(w1, input, sum[r][1]);
      }
    }
  }
CK_UNROLL
  for (int r = 0; r < rows; r++) {
    for (int g = 0; g < 2; g++) CK(store)(sums + (size_t)r * sums_stride + 8 * g, sum[r][g]);
  }
}

static void CK(tiles)(size_t rows, const float *panel, size_t inputs, const float *x,
                      size_t stride, bool fresh, float *y, size_t y_stride, int valid,
                      ck_ahead_bytes ahead) {
  const size_t steps = (inputs + ck_tile_inputs - 1) / ck_tile_inputs;
  size_t cuts = (rows + CK_ROWS - 1) / CK_ROWS;
  size_t fetches = cuts < ck_fetching_cuts ? cuts : ck_fetching_cuts;
  size_t lines = ck_lines_a_step(ahead, fetches * steps);
  for (size_t row = 0; cuts > 0; cuts--) {
    const int count = (int)((rows - row + cuts - 1) / cuts);
    const float *xr = x + row * stride;
    float *yr = y + row * y_stride;
    float few[16 * CK_ROWS];
    float *sums = yr;
    size_t sums_stride = y_stride;
    if (valid < 16) {
      sums = few;
      sums_stride = 16;
      for (int r = 0; r < count && !fresh; r++)
        memcpy(few + 16 * r, yr + (size_t)r * y_stride, (size_t)valid * sizeof(float));
    }
    switch (count) {
#define CK_TILE(rows)                                                                              \
  CK(tile)(rows, panel, inputs, xr, stride, fresh, sums, sums_stride, ahead.from, lines)
    case 1: CK_TILE(1); break;
    case 2: CK_TILE(2); break;
    case 3: CK_TILE(3); break;
    case 4: CK_TILE(4); break;
    case 5: CK_TILE(5); break;
    default: CK_TILE(6); break;
#undef CK_TILE
    }
    ahead.from += 64 * lines * steps;
    if (--fetches == 0) lines = 0;
    if (valid < 16) {
      for (int r = 0; r < count; r++)
        memcpy(yr + (size_t)r * y_stride, few + 16 * r, (size_t)valid * sizeof(float));
    }
    row += (size_t)count;
  }
}

// One band of a product with few rows.
static void CK(direct_part)(const ck_product *p, size_t band) {
  const ck_matrix *m = p->matrix;
  const size_t inputs = (size_t)m->inputs;
  const uint8_t *bytes = m->bytes + band * ck_band_bytes(m->format, inputs);
  const size_t first = band * CK_BAND;
  size_t valid = (size_t)m->outputs - first;
  if (valid > CK_BAND) valid = CK_BAND;
  for (size_t row = 0; row < p->rows;) {
    const size_t left = p->rows - row;
    const int rows = left >= 2 ? 2 : 1;
    const float *x = p->input + row * p->input_stride;
    float sums[2 * CK_BAND];
#define CK_MULTIPLY(format, packed)                                                                \
  if (rows == 1) {                                                                                 \
    CK(direct)(format, packed, 1, bytes, inputs, x, p->input_stride, sums);                        \
  } else {                                                                                         \
    CK(direct)(format, packed, 2, bytes, inputs, x, p->input_stride, sums);                        \
  }                                                                                                \
  break;
#define CK_DIRECT(format) case format: CK_MULTIPLY(format, format)
    switch (m->format) {
      CK_PLAIN_FORMATS(CK_DIRECT)
      CK_NARROW_FORMATS(CK_DIRECT)
      CK_WIDE_FORMATS(CK_DIRECT)
    default: CK_MULTIPLY(CK_BYTES, m->format)
    }
#undef CK_DIRECT
#undef CK_MULTIPLY
    for (int r = 0; r < rows; r++, row++) {
      memcpy(p->output + row * p->output_stride + first, sums + CK_BAND * r,
             valid * sizeof(float));
    }
  }
}

// 16 outputs of a product with many rows.
static void CK(panel_part)(const ck_product *p, size_t half) {
  const ck_matrix *m = p->matrix;
  const size_t inputs = (size_t)m->inputs;
  const uint8_t *band = m->bytes + half / 2 * ck_band_bytes(m->format, inputs);
  const size_t first = half * 16;
  if (first >= (size_t)m->outputs) return;
  const size_t left = (size_t)m->outputs - first;
  _Alignas(64) float panel[16 * CK_PANEL_INPUTS];
  for (size_t k = 0; k < inputs; k += CK_PANEL_INPUTS) {
    size_t count = inputs - k;
    if (count > CK_PANEL_INPUTS) count = CK_PANEL_INPUTS;
#define CK_UNPACK(format)                                                                          \
  case format: CK(unpack)(format, format, band, (int)(half % 2), k, count, panel); break;
    switch (m->format) {
      CK_PLAIN_FORMATS(CK_UNPACK)
      CK_NARROW_FORMATS(CK_UNPACK)
      CK_WIDE_FORMATS(CK_UNPACK)
    default: CK(unpack)(CK_BYTES, m->format, band, (int)(half % 2), k, count, panel);
    }
#undef CK_UNPACK
    CK(tiles)(p->rows, panel, count, p->input + k, p->input_stride, k == 0, p->output + first,
              p->output_stride, left < 16 ? (int)left : 16, ck_ahead_of(m, half, k, count));
  }
}
