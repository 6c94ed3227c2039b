// Attention of up to 16 queries that share a key head; included once for each kind of machine.

// A query and what of its sum exists so far.
typedef struct {
  const float *query;
  float *output;
  size_t first, end; // the positions it sees
  float top;         // greatest score so far
  float total;       // sum of exponentials relative to it
} CK(reader);

// Scores of `count` queries with the 32 keys of a page, `stride` floats apart.
CK_INLINE void CK(page_scores)(int count, const CK(reader) *readers, const float *keys,
                               size_t width, float *scores, size_t stride) {
  f32x8 sum[3][4];
CK_UNROLL
  for (int r = 0; r < count; r++)
    for (int g = 0; g < 4; g++) sum[r][g] = CK(spread)(0);
  for (size_t i = 0; i < width; i++, keys += CK_PAGE_POSITIONS) {
CK_UNROLL
    for (int g = 0; g < 4; g++) {
      const f32x8 key = CK(load)(keys + 8 * g);
CK_UNROLL
      for (int r = 0; r < count; r++)
        sum[r][g] = CK(fma)(key, CK(spread)(readers[r].query[i]), sum[r][g]);
    }
  }
CK_UNROLL
  for (int r = 0; r < count; r++)
    for (int g = 0; g < 4; g++) CK(store)(scores + (size_t)r * stride + 8 * g, sum[r][g]);
}

// output += sum of weight * value over `positions` values, for 8 * `vectors` elements.
CK_INLINE void CK(add_values)(int count, int vectors, const CK(reader) *readers,
                              const float *values, size_t width, size_t at, size_t positions,
                              const float *weights, size_t stride) {
  f32x8 sum[3][4];
CK_UNROLL
  for (int r = 0; r < count; r++)
    for (int g = 0; g < vectors; g++) sum[r][g] = CK(load)(readers[r].output + at + 8 * g);
  for (size_t p = 0; p < positions; p++) {
CK_UNROLL
    for (int g = 0; g < vectors; g++) {
      const f32x8 value = CK(load)(values + p * width + at + 8 * (size_t)g);
CK_UNROLL
      for (int r = 0; r < count; r++)
        sum[r][g] = CK(fma)(value, CK(spread)(weights[(size_t)r * stride + p]), sum[r][g]);
    }
  }
CK_UNROLL
  for (int r = 0; r < count; r++)
    for (int g = 0; g < vectors; g++) CK(store)(readers[r].output + at + 8 * g, sum[r][g]);
}

CK_INLINE void CK(add_page)(int count, const CK(reader) *readers, const float *values,
                            size_t width, size_t positions, const float *weights, size_t stride) {
  size_t at = 0;
  for (; at + 32 <= width; at += 32)
    CK(add_values)(count, 4, readers, values, width, at, positions, weights, stride);
  for (; at + 8 <= width; at += 8)
    CK(add_values)(count, 1, readers, values, width, at, positions, weights, stride);
  for (; at < width; at++) {
    for (int r = 0; r < count; r++) {
      float sum = readers[r].output[at];
      for (size_t p = 0; p < positions; p++)
        sum = __builtin_fmaf(values[p * width + at], weights[(size_t)r * stride + p], sum);
      readers[r].output[at] = sum;
    }
  }
}

// Scores of positions start .. start + count - 1 become weights; the sum so far is rescaled.
CK_INLINE void CK(weigh)(const ck_attention_shape *shape, CK(reader) *reader, size_t start,
                         size_t count, float *scores) {
  const i32x8 lane = {0, 1, 2, 3, 4, 5, 6, 7};
  const f32x8 nothing = CK(spread)(-__builtin_inff());
  f32x8 tops = nothing;
  for (size_t i = 0; i < count; i += 8) {
    f32x8 v = CK(load)(scores + i) * shape->scale;
    if (shape->soft_cap > 0) v = shape->soft_cap * CK(tanh)(v / shape->soft_cap);
    if (start + i < reader->first || start + i + 8 > reader->end) {
      // Slots out of sight may hold anything.
      const int32_t position = (int32_t)(start + i);
      const i32x8 seen = (lane + position >= (int32_t)reader->first) &
                         (lane + position < (int32_t)reader->end);
      v = CK(select)(seen, v, nothing);
    }
    tops = CK(select)(v > tops, v, tops);
    CK(store)(scores + i, v);
  }
  float top = reader->top;
  for (int i = 0; i < 8; i++) top = tops[i] > top ? tops[i] : top;
  f32x8 sums = CK(spread)(0);
  for (size_t i = 0; i < count; i += 8) {
    const f32x8 v = CK(exp)(CK(load)(scores + i) - top);
    sums += v;
    CK(store)(scores + i, v);
  }
  const float before = CK(exp)(CK(spread)(reader->top - top))[0];
  if (before != 1) {
    for (size_t i = 0; i < shape->head_width; i++) reader->output[i] *= before;
    reader->total *= before;
  }
  reader->total += CK(sum)(sums);
  reader->top = top;
}

// Positions of one page that are added for all readers at once, and those that only some see.
CK_INLINE void CK(read_page)(int count, const CK(reader) *readers, const float *values,
                             size_t width, size_t start, const float *weights, size_t stride) {
  size_t first = start, end = start + CK_PAGE_POSITIONS;
  for (int r = 0; r < count; r++) {
    if (readers[r].first > first) first = readers[r].first;
    if (readers[r].end < end) end = readers[r].end;
  }
  const size_t page_end = start + CK_PAGE_POSITIONS;
  if (first >= end) first = end = page_end;
  for (int r = 0; r < count; r++) {
    const size_t own = readers[r].first > start ? readers[r].first : start;
    const size_t own_end = readers[r].end < first ? readers[r].end : first;
    if (own < own_end)
      CK(add_page)(1, readers + r, values + (own - start) * width, width, own_end - own,
                   weights + (size_t)r * stride + own - start, stride);
  }
  if (first < end)
    CK(add_page)(count, readers, values + (first - start) * width, width, end - first,
                 weights + first - start, stride);
  for (int r = 0; r < count; r++) {
    const size_t own_end = readers[r].end < page_end ? readers[r].end : page_end;
    if (end < own_end)
      CK(add_page)(1, readers + r, values + (end - start) * width, width, own_end - end,
                   weights + (size_t)r * stride + end - start, stride);
  }
}

// Readers that go together next, of `left`.
CK_INLINE int CK(abreast)(int left) { return left == 3 || left > 4 ? 3 : left == 1 ? 1 : 2; }

CK_INLINE void CK(read)(const ck_attention_shape *shape, CK(reader) *readers, int count,
                        float *const *pages, size_t offset) {
  const size_t width = shape->head_width;
  _Alignas(64) float scores[CK_READERS * CK_SPAN_POSITIONS];
  size_t first = readers[0].first, end = readers[0].end;
  for (int r = 0; r < count; r++) {
    if (readers[r].first < first) first = readers[r].first;
    if (readers[r].end > end) end = readers[r].end;
    memset(readers[r].output, 0, width * sizeof(float));
  }
  first -= first % CK_PAGE_POSITIONS;
  while (first < end) {
    size_t stop = first - first % CK_SPAN_POSITIONS + CK_SPAN_POSITIONS;
    if (stop > end) stop = end;
    const size_t page_count = (stop - first + CK_PAGE_POSITIONS - 1) / CK_PAGE_POSITIONS;
    float *const *span = pages + first / CK_PAGE_POSITIONS;
    for (size_t page = 0; page < page_count; page++) {
      const float *keys = span[page] + offset;
      for (int r = 0, n; r < count; r += n) {
        n = CK(abreast)(count - r);
        float *out = scores + r * CK_SPAN_POSITIONS + page * CK_PAGE_POSITIONS;
        switch (n) {
        case 1: CK(page_scores)(1, readers + r, keys, width, out, CK_SPAN_POSITIONS); break;
        case 2: CK(page_scores)(2, readers + r, keys, width, out, CK_SPAN_POSITIONS); break;
        default: CK(page_scores)(3, readers + r, keys, width, out, CK_SPAN_POSITIONS); break;
        }
      }
    }
    for (int r = 0; r < count; r++) {
      if (readers[r].first < stop && readers[r].end > first)
        CK(weigh)(shape, readers + r, first, page_count * CK_PAGE_POSITIONS,
                  scores + r * CK_SPAN_POSITIONS);
    }
    for (size_t page = 0; page < page_count; page++) {
      const float *values = span[page] + offset + width * CK_PAGE_POSITIONS;
      const size_t start = first + page * CK_PAGE_POSITIONS;
      for (int r = 0, n; r < count; r += n) {
        n = CK(abreast)(count - r);
        const float *in = scores + r * CK_SPAN_POSITIONS + page * CK_PAGE_POSITIONS;
        switch (n) {
        case 1: CK(read_page)(1, readers + r, values, width, start, in, CK_SPAN_POSITIONS); break;
        case 2: CK(read_page)(2, readers + r, values, width, start, in, CK_SPAN_POSITIONS); break;
        default: CK(read_page)(3, readers + r, values, width, start, in, CK_SPAN_POSITIONS); break;
        }
      }
    }
    first = stop;
  }
  for (int r = 0; r < count; r++) {
    for (size_t i = 0; i < width; i++) readers[r].output[i] /= readers[r].total;
  }
}

// Heads `head` .. `head` + `heads` - 1, which share a key head, of rows `row` .. `row` + `rows` - 1.
static void CK(attend)(const ck_attention_shape *shape, const ck_attention_segment *segment,
                       size_t row, size_t rows, size_t head, size_t heads, size_t offset) {
  CK(reader) readers[CK_READERS];
  int count = 0;
  for (size_t r = row; r < row + rows; r++) {
    const size_t end = segment->first_position + r + 1;
    for (size_t h = head; h < head + heads; h++) {
      const size_t at = (r * shape->heads + h) * shape->head_width;
      readers[count++] = (CK(reader)){
          .query = segment->queries + at,
          .output = segment->output + at,
          .first = shape->window > 0 && end > shape->window ? end - shape->window : 0,
          .end = end,
          .top = -__builtin_inff(),
          .total = 0,
      };
    }
  }
  const size_t kv_head = head / (shape->heads / shape->kv_heads);
  CK(read)(shape, readers, count, segment->pages,
           offset + kv_head * shape->head_width * CK_PAGE_POSITIONS * 2);
}
