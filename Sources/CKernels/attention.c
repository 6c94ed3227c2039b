// The doors to attention: storing keys and values, and the division of the work.
#include "kernels.h"

void ck_store_keys_values(const ck_attention_shape *shape, const float *keys, const float *values,
                          size_t rows, size_t first_position, float *const *pages, size_t offset) {
  const size_t width = shape->head_width;
  for (size_t row = 0; row < rows; row++) {
    const size_t slot = (first_position + row) % CK_PAGE_POSITIONS;
    float *page = pages[(first_position + row) / CK_PAGE_POSITIONS] + offset;
    for (size_t head = 0; head < shape->kv_heads; head++) {
      for (size_t i = 0; i < width; i++) page[i * CK_PAGE_POSITIONS + slot] = keys[i];
      memcpy(page + (CK_PAGE_POSITIONS + slot) * width, values, width * sizeof(float));
      keys += width;
      values += width;
      page += 2 * CK_PAGE_POSITIONS * width;
    }
  }
}

typedef struct {
  const ck_kernels *kernels;
  const ck_attention_shape *shape;
  const ck_attention_segment *segments;
  size_t offset;
  size_t heads;      // of a part
  size_t head_parts; // parts that cover all heads
  size_t rows;       // of a part
} attention_work;

static size_t parts_of(size_t rows, const attention_work *w) {
  return (rows + w->rows - 1) / w->rows * w->head_parts;
}

static void attention_part(void *context, int part) {
  const attention_work *w = context;
  size_t index = (size_t)part;
  const ck_attention_segment *segment = w->segments;
  for (; index >= parts_of(segment->rows, w); segment++) index -= parts_of(segment->rows, w);
  // The last rows see most; first come first served.
  const size_t tiles = (segment->rows + w->rows - 1) / w->rows;
  const size_t row = (tiles - 1 - index / w->head_parts) * w->rows;
  const size_t rows = segment->rows - row < w->rows ? segment->rows - row : w->rows;
  const size_t group = w->shape->heads / w->shape->kv_heads;
  const size_t in_group = (group + w->heads - 1) / w->heads; // parts of a group
  const size_t at = index % w->head_parts;
  const size_t first = at % in_group * w->heads;
  const size_t heads = group - first < w->heads ? group - first : w->heads;
  w->kernels->attend(w->shape, segment, row, rows, at / in_group * group + first, heads,
                     w->offset);
}

void ck_attend(ck_lanes *lanes, const ck_attention_shape *shape,
               const ck_attention_segment *segments, size_t count, size_t offset) {
  const size_t group = shape->heads / shape->kv_heads;
  attention_work w = {
      .kernels = ck_kernels_here(),
      .shape = shape,
      .segments = segments,
      .offset = offset,
      .heads = group < CK_READERS ? group : CK_READERS,
  };
  size_t parts = 0;
  // Heads of a group share the reading of keys and values, unless lanes would stand idle.
  for (int attempt = 0; attempt < 2; attempt++) {
    w.head_parts = shape->kv_heads * ((group + w.heads - 1) / w.heads);
    w.rows = CK_READERS / w.heads;
    parts = 0;
    for (size_t i = 0; i < count; i++) parts += parts_of(segments[i].rows, &w);
    const size_t threads = (size_t)ck_lanes_count(lanes);
    if (parts % threads == 0 || parts >= 4 * threads) break;
    w.heads = 1;
  }
  ck_lanes_run(lanes, (int)parts, attention_part, &w);
}
