// Products of packed weights and rows rounded to integers; included once for each kind of machine.
//
// Codes of weights and of inputs are multiplied and summed over a run of 32 inputs (16 where the
// format or the width of the sums asks for it), exactly, in integers. An output is one chain of
// float32 steps over the runs in ascending k: sum = fma(sum of the run, scale of the weights *
// scale of the inputs, sum); a format with an offset adds, after each tile, fma(offset, scale of
// the inputs * sum of the inputs, sum). So the bits do not depend on the number of rows.

// Runs of a tile: some formats have a scale for 16 inputs, and sums of 5-bit codes and bytes fill 16 bits.
CK_INLINE int CK(runs)(int format, int width) {
  return ck_has_short_runs(format) || (width == 8 && ck_layout_of(format).bits == 5) ? 2 : 1;
}

// Adds the products of two 16-bit halves.
CK_INLINE i32x8 CK(add_pair_products)(i32x8 sums, u32x8 weights, u32x8 inputs) {
#if CK_VNNI
  // Not the intrinsic, which clang takes apart again into a product and a sum.
  __asm__("vpdpwssd %2, %1, %0" : "+v"(sums) : "v"(weights), "v"(inputs));
  return sums;
#elif CK_AVX2
  return sums + (i32x8)_mm256_madd_epi16((__m256i)weights, (__m256i)inputs);
#else
  const i32x8 w = (i32x8)weights, x = (i32x8)inputs;
  return sums + ((w << 16 >> 16) * (x << 16 >> 16) + (w >> 16) * (x >> 16));
#endif
}

// Codes of inputs 4c and 4c + 2 of 8 outputs, or of 4c + 1 and 4c + 3, as 16-bit halves.
CK_INLINE u32x8 CK(code_pair)(int bits, u32x8 word, int odd) {
  if (bits == 8) {
    const i16x16 halves = (i16x16)word;
    return odd ? (u32x8)(halves >> 8) : (u32x8)((i16x16)((u16x16)halves << 8) >> 8);
  }
  return (odd ? word >> 8 : word) & (bits == 4 ? 0x000f000fu : 0x00ff00ffu);
}

CK_INLINE u32x8 CK(spread_word)(const void *p) {
  uint32_t w;
  memcpy(&w, p, 4);
  return (u32x8){w, w, w, w, w, w, w, w};
}

// Adds products of bytes, unsigned codes and signed inputs: with AVX2 sums of two in 16 bits, else of
// four. CK(widen) makes sums of four of both.
CK_INLINE u32x8 CK(add_byte_products)(u32x8 sums, u32x8 codes, u32x8 inputs) {
#if CK_VNNI
  return (u32x8)_mm256_dpbusd_epi32((__m256i)sums, (__m256i)codes, (__m256i)inputs);
#elif CK_AVX2
  return (u32x8)_mm256_add_epi16(
      (__m256i)sums, _mm256_maddubs_epi16((__m256i)codes, (__m256i)inputs));
#else
  const i32x8 x = (i32x8)inputs;
  return sums + (u32x8)((i32x8)(codes & 0xff) * (x << 24 >> 24) +
                        (i32x8)(codes >> 8 & 0xff) * (x << 16 >> 24) +
                        (i32x8)(codes >> 16 & 0xff) * (x << 8 >> 24) +
                        (i32x8)(codes >> 24) * (x >> 24));
#endif
}

CK_INLINE i32x8 CK(widen)(u32x8 sums) {
#if CK_AVX2 && !CK_VNNI
  return (i32x8)_mm256_madd_epi16((__m256i)sums, _mm256_set1_epi16(1));
#else
  return (i32x8)sums;
#endif
}

CK_INLINE const uint8_t *CK(block)(int width, const uint8_t *row, size_t index) {
  return row + index * (width == 16 ? sizeof(ck_words) : sizeof(ck_bytes));
}

// One or two rows times a band, straight from the packed weights.
CK_INLINE void CK(direct_integers)(int format, int packed, int width, int rows,
                                   const uint8_t *band, size_t inputs, const uint8_t *x,
                                   size_t stride, float *sums) {
  const ck_layout layout = ck_layout_of(format), stored = ck_layout_of(packed);
  const int bits = ck_code_bits(format), runs = CK(runs)(format, width), words = 8 / runs;
  f32x8 sum[2][4];
CK_UNROLL
  for (int r = 0; r < rows; r++)
    for (int g = 0; g < 4; g++) sum[r][g] = CK(spread)(0);
  CK_EXPANDED(expanded, format);
  for (size_t k = 0; k < inputs;) {
    const uint8_t *const header = band;
    band += stored.header;
    for (int t = 0; t < stored.tiles; t++, k += ck_tile_inputs) {
      for (size_t line = 0; line < ck_tile_bytes(stored); line += 64)
        __builtin_prefetch(band + ck_ahead + line, 0, 3);
      const uint8_t *const tile = CK(tile_of)(format, packed, header, band, 0, 4, expanded);
      const uint8_t *blocks[2];
      for (int r = 0; r < rows; r++) blocks[r] = CK(block)(width, x + (size_t)r * stride, k / 32);
CK_UNROLL
      for (int run = 0; run < runs; run++) {
        i32x8 total[2][4];
        u32x8 narrow[2][4];
CK_UNROLL
        for (int r = 0; r < rows; r++) {
          for (int g = 0; g < 4; g++) {
            total[r][g] = (i32x8){0};
            narrow[r][g] = (u32x8){0};
          }
        }
CK_UNROLL
        for (int c = run * words; c < (run + 1) * words; c++) {
CK_UNROLL
          for (int g = 0; g < 4; g++) {
            u32x8 word = CK(word)(format, tile + layout.scales + layout.codes * (size_t)g, c);
            if (width == 8) {
              if (bits == 4) word &= 0x0f0f0f0f;
CK_UNROLL
              for (int r = 0; r < rows; r++) {
                const uint8_t *codes = blocks[r] + sizeof(ck_codes) + 4 * c;
                narrow[r][g] = CK(add_byte_products)(narrow[r][g], word, CK(spread_word)(codes));
              }
            } else {
              const u32x8 even = CK(code_pair)(bits, word, 0), odd = CK(code_pair)(bits, word, 1);
CK_UNROLL
              for (int r = 0; r < rows; r++) {
                const uint8_t *codes = blocks[r] + sizeof(ck_codes) + 8 * c;
                total[r][g] = CK(add_pair_products)(total[r][g], even, CK(spread_word)(codes));
                total[r][g] = CK(add_pair_products)(total[r][g], odd, CK(spread_word)(codes + 4));
              }
            }
          }
        }
CK_UNROLL
        for (int g = 0; g < 4; g++) {
          const CK(code_scale) s = CK(scale_of)(format, header, tile, g, run);
CK_UNROLL
          for (int r = 0; r < rows; r++) {
            const ck_codes *block = (const ck_codes *)blocks[r];
            i32x8 products = width == 8 ? CK(widen)(narrow[r][g]) : total[r][g];
            if (CK(zero)(format) != 0) {
              const int32_t inputs_sum =
                  runs == 2 ? block->sums[run] : block->sums[0] + block->sums[1];
              products -= CK(zero)(format) * inputs_sum;
            }
            sum[r][g] = CK(fma)(CK(floats)(products), s.scale * block->scale, sum[r][g]);
            if (CK(has_half_offsets)(format)) {
              const float inputs_sum = block->scale * (float)block->sums[run];
              sum[r][g] = CK(fma)(s.offset, CK(spread)(inputs_sum), sum[r][g]);
            } else if (CK(has_offset)(format) && run == runs - 1) {
              sum[r][g] = CK(fma)(s.offset, CK(spread)(block->offset), sum[r][g]);
            }
          }
        }
      }
      band += ck_tile_bytes(stored);
    }
  }
  for (int r = 0; r < rows; r++)
    for (int g = 0; g < 4; g++) CK(store)(sums + 32 * r + 8 * g, sum[r][g]);
}

// An unpacked tile of 16 outputs: for each run its scales and its codes, less the zero in 16 bits;
// the offsets last, or after each run where it has its own. In 4-byte elements of 16 outputs.
CK_INLINE size_t CK(tile_lines)(int format, int width) {
  return (size_t)(CK(runs)(format, width) + (width == 16 ? 16 : 8) + CK(has_offset)(format) +
                  CK(has_half_offsets)(format));
}

// Tiles `first` .. `first` + `count` - 1 of 16 outputs of a band.
CK_INLINE void CK(unpack_integers)(int format, int packed, int width, const uint8_t *band,
                                   int half_band, size_t first, size_t count, uint32_t *panel) {
  const ck_layout layout = ck_layout_of(format), stored = ck_layout_of(packed);
  const int bits = ck_code_bits(format), runs = CK(runs)(format, width), words = 8 / runs;
  CK_EXPANDED(expanded, format);
  band += first / (size_t)stored.tiles * ck_group_bytes(stored);
  for (size_t k = 0; k < count;) {
    const uint8_t *const header = band;
    band += stored.header;
    for (int t = 0; t < stored.tiles; t++, k++, panel += 16 * CK(tile_lines)(format, width)) {
      const uint8_t *const tile =
          CK(tile_of)(format, packed, header, band, 2 * half_band, 2, expanded);
CK_UNROLL
      for (int g = 0; g < 2; g++) {
        const int group = 2 * half_band + g;
        const uint8_t *codes = tile + layout.scales + layout.codes * (size_t)group;
        uint32_t *out = panel + 8 * g;
CK_UNROLL
        for (int run = 0; run < runs; run++) {
          const CK(code_scale) s = CK(scale_of)(format, header, tile, group, run);
          CK(store)((float *)out, s.scale);
          out += 16;
CK_UNROLL
          for (int c = run * words; c < (run + 1) * words; c++) {
            const u32x8 word = CK(word)(format, codes, c);
            if (width == 8) {
              *(u32x8_any *)out = bits == 4 ? word & 0x0f0f0f0f : word;
              out += 16;
            } else {
CK_UNROLL
              for (int odd = 0; odd < 2; odd++, out += 16) {
                u32x8 pair = CK(code_pair)(bits, word, odd);
                if (CK(zero)(format) != 0)
                  pair = (u32x8)((u16x16)pair - (uint16_t)CK(zero)(format));
                *(u32x8_any *)out = pair;
              }
            }
          }
          if (CK(has_half_offsets)(format) || (CK(has_offset)(format) && run == runs - 1)) {
            CK(store)((float *)out, s.offset);
            out += 16;
          }
        }
      }
      band += ck_tile_bytes(stored);
    }
  }
}

// sums[r, 16] += x[r] * panel over `tiles` tiles for `rows` rows; each tile fetches `lines` lines
// from `ahead` on.
CK_INLINE void CK(integer_tile)(int format, int width, int rows, const uint32_t *panel,
                                size_t tiles, const uint8_t *x, size_t stride, float *sums,
                                const uint8_t *ahead, size_t lines) {
  const int runs = CK(runs)(format, width);
  const int steps = (width == 16 ? 16 : 8) / runs;
  for (size_t t = 0; t < tiles; t++) {
    const uint8_t *block = CK(block)(width, x, t);
    for (size_t line = 0; line < lines; line++, ahead += 64) __builtin_prefetch(ahead, 0, 2);
CK_UNROLL
    for (int run = 0; run < runs; run++) {
      const uint32_t *const scales = panel;
      panel += 16;
      u32x8 total[CK_INTEGER_ROWS][2];
CK_UNROLL
      for (int r = 0; r < rows; r++) total[r][0] = total[r][1] = (u32x8){0};
CK_UNROLL_BY_4
      for (int p = 0; p < steps; p++, panel += 16) {
        const u32x8 w0 = *(const u32x8_any *)panel, w1 = *(const u32x8_any *)(panel + 8);
        const uint8_t *codes = block + sizeof(ck_codes) + 4 * (run * steps + p);
CK_UNROLL
        for (int r = 0; r < rows; r++) {
          const u32x8 input = CK(spread_word)(codes + (size_t)r * stride);
          if (width == 8) {
            total[r][0] = CK(add_byte_products)(total[r][0], w0, input);
            total[r][1] = CK(add_byte_products)(total[r][1], w1, input);
          } else {
            total[r][0] = (u32x8)CK(add_pair_products)((i32x8)total[r][0], w0, input);
            total[r][1] = (u32x8)CK(add_pair_products)((i32x8)total[r][1], w1, input);
          }
          CK_IN_TURN(total[r][0], total[r][1]);
        }
      }
      const bool half_offsets = CK(has_half_offsets)(format);
      const bool offsets = half_offsets || (CK(has_offset)(format) && run == runs - 1);
      CK_IN_MEMORY(sums);
CK_UNROLL
      for (int g = 0; g < 2; g++) {
        const f32x8 scale = CK(load)((const float *)scales + 8 * g);
        const f32x8 offset = offsets ? CK(load)((const float *)panel + 8 * g) : scale;
CK_UNROLL
        for (int r = 0; r < rows; r++) {
          const ck_codes *head = (const ck_codes *)(block + (size_t)r * stride);
          i32x8 products = width == 8 ? CK(widen)(total[r][g]) : (i32x8)total[r][g];
          if (width == 8 && CK(zero)(format) != 0) {
            const int32_t inputs_sum =
                runs == 2 ? head->sums[run] : head->sums[0] + head->sums[1];
            products -= CK(zero)(format) * inputs_sum;
          }
          float *to = sums + 16 * r + 8 * g;
          f32x8 sum = CK(fma)(CK(floats)(products), scale * head->scale, CK(load)(to));
          if (offsets) {
            const float inputs_sum =
                half_offsets ? head->scale * (float)head->sums[run] : head->offset;
            sum = CK(fma)(offset, CK(spread)(inputs_sum), sum);
          }
          CK(store)(to, sum);
        }
      }
      if (offsets) panel += 16;
    }
  }
}

CK_INLINE void CK(integer_tiles)(int format, int width, size_t rows, const uint32_t *panel,
                                 size_t tiles, const uint8_t *x, size_t stride, bool fresh,
                                 float *y, size_t y_stride, size_t valid, ck_ahead_bytes ahead) {
  size_t cuts = (rows + CK_INTEGER_ROWS - 1) / CK_INTEGER_ROWS;
  size_t fetches = cuts < ck_fetching_cuts ? cuts : ck_fetching_cuts;
  size_t lines = ck_lines_a_step(ahead, fetches * tiles);
  for (size_t row = 0; cuts > 0; cuts--) {
    const int count = (int)((rows - row + cuts - 1) / cuts);
    float *to = y + row * y_stride;
    // Sums are kept here, since another lane may write to the same cache lines of y.
    _Alignas(32) float sums[16 * CK_INTEGER_ROWS];
    for (int r = 0; r < count; r++) {
      float *const sum = sums + 16 * r;
      const float *const old = to + (size_t)r * y_stride;
      if (fresh) {
        memset(sum, 0, 16 * sizeof(float));
      } else if (valid == 16) {
        memcpy(sum, old, 16 * sizeof(float));
      } else {
        memcpy(sum, old, valid * sizeof(float));
      }
    }
    const uint8_t *from = x + row * stride;
    switch (count) {
#define CK_TILE(rows)                                                                              \
  CK(integer_tile)(format, width, rows, panel, tiles, from, stride, sums, ahead.from, lines)
    case 1: CK_TILE(1); break;
    case 2: CK_TILE(2); break;
    case 3: CK_TILE(3); break;
#if CK_INTEGER_ROWS > 4
    case 4: CK_TILE(4); break;
    case 5: CK_TILE(5); break;
#endif
    default: CK_TILE(CK_INTEGER_ROWS); break;
#undef CK_TILE
    }
    ahead.from += 64 * lines * tiles;
    if (--fetches == 0) lines = 0;
    for (int r = 0; r < count; r++) {
      float *const new = to + (size_t)r * y_stride;
      if (valid == 16) {
        memcpy(new, sums + 16 * r, 16 * sizeof(float));
      } else {
        memcpy(new, sums + 16 * r, valid * sizeof(float));
      }
    }
    row += (size_t)count;
  }
}

// One band of a product with few rows, for one format.
CK_INLINE void CK(direct_band)(int format, int packed, int width, const ck_product *p,
                               size_t band) {
  const ck_matrix *m = p->matrix;
  const size_t inputs = (size_t)m->inputs;
  const uint8_t *bytes = m->bytes + band * ck_band_bytes(packed, inputs);
  const size_t first = band * CK_BAND;
  size_t valid = (size_t)m->outputs - first;
  if (valid > CK_BAND) valid = CK_BAND;
  for (size_t row = 0; row < p->rows;) {
    const int rows = p->rows - row >= 2 ? 2 : 1;
    const uint8_t *x = p->codes + row * p->codes_stride;
    float sums[2 * CK_BAND];
    if (rows == 1) {
      CK(direct_integers)(format, packed, width, 1, bytes, inputs, x, p->codes_stride, sums);
    } else {
      CK(direct_integers)(format, packed, width, 2, bytes, inputs, x, p->codes_stride, sums);
    }
    for (int r = 0; r < rows; r++, row++)
      memcpy(p->output + row * p->output_stride + first, sums + CK_BAND * r, valid * sizeof(float));
  }
}

// 16 outputs of a product with many rows, for one format.
CK_INLINE void CK(panel_half)(int format, int packed, int width, const ck_product *p,
                              size_t half) {
  enum { tiles_of_panel = CK_PANEL_INPUTS / ck_tile_inputs };
  const ck_matrix *m = p->matrix;
  const size_t inputs = (size_t)m->inputs, tiles = inputs / ck_tile_inputs;
  const uint8_t *band = m->bytes + half / 2 * ck_band_bytes(packed, inputs);
  const size_t first = half * 16;
  if (first >= (size_t)m->outputs) return;
  const size_t left = (size_t)m->outputs - first;
  _Alignas(64) uint32_t panel[16 * tiles_of_panel * 20];
  for (size_t t = 0; t < tiles; t += tiles_of_panel) {
    const size_t count = tiles - t < tiles_of_panel ? tiles - t : tiles_of_panel;
    const ck_ahead_bytes ahead = ck_ahead_of(m, half, t * ck_tile_inputs, count * ck_tile_inputs);
    CK(unpack_integers)(format, packed, width, band, (int)(half % 2), t, count, panel);
    CK(integer_tiles)(format, width, p->rows, panel, count, CK(block)(width, p->codes, t),
                      p->codes_stride, t == 0, p->output + first, p->output_stride,
                      left < 16 ? left : 16, ahead);
  }
}

// Apart, so that the other formats keep a small stack.
static __attribute__((noinline)) void CK(direct_grids)(const ck_product *p, size_t piece) {
  CK(direct_band)(CK_BYTES, p->matrix->format, 16, p, piece);
}

static void CK(direct_words)(const ck_product *p, size_t piece) {
#define CK_CASE(format) case format: CK(direct_band)(format, format, 16, p, piece); break;
  switch (p->matrix->format) {
    CK_NARROW_FORMATS(CK_CASE)
    CK_WIDE_FORMATS(CK_CASE)
  default: CK(direct_grids)(p, piece);
  }
#undef CK_CASE
}

static void CK(direct_bytes)(const ck_product *p, size_t piece) {
#define CK_CASE(format) case format: CK(direct_band)(format, format, 8, p, piece); break;
  switch (p->matrix->format) {
    CK_NARROW_FORMATS(CK_CASE)
  }
#undef CK_CASE
}

// Apart, so that the other formats keep a small stack.
static __attribute__((noinline)) void CK(panel_grids)(const ck_product *p, size_t piece) {
  CK(panel_half)(CK_BYTES, p->matrix->format, 16, p, piece);
}

static void CK(panel_words)(const ck_product *p, size_t piece) {
#define CK_CASE(format) case format: CK(panel_half)(format, format, 16, p, piece); break;
  switch (p->matrix->format) {
    CK_NARROW_FORMATS(CK_CASE)
    CK_WIDE_FORMATS(CK_CASE)
  default: CK(panel_grids)(p, piece);
  }
#undef CK_CASE
}

static void CK(panel_bytes)(const ck_product *p, size_t piece) {
#define CK_CASE(format) case format: CK(panel_half)(format, format, 8, p, piece); break;
  switch (p->matrix->format) {
    CK_NARROW_FORMATS(CK_CASE)
  }
#undef CK_CASE
}
