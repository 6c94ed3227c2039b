// The doors to packed matrices: sizes, memory, and the division of the work.
#include "kernels.h"

#include <stdlib.h>
#include <sys/mman.h>

static _Thread_local bool portable;

void ck_use_portable(bool use) { portable = use; }

bool ck_uses_portable(void) { return portable; }

const ck_kernels *ck_kernels_here(void) {
#if defined(__x86_64__)
  if (!portable && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
      __builtin_cpu_supports("f16c"))
    return &ck_kernels_avx2;
#endif
  return &ck_kernels_portable;
}

const char *ck_kernels_name(void) { return ck_kernels_here()->name; }

static size_t bands_of(size_t outputs) { return outputs / ck_band + (outputs % ck_band != 0); }

size_t ck_packed_bytes(int format, size_t outputs, size_t inputs) {
  const size_t plain = ck_plain_bytes(format);
  const ck_layout layout = ck_layout_of(format);
  if (outputs == 0 || inputs == 0 || outputs > INT32_MAX || inputs > INT32_MAX) return 0;
  if (plain == 0 && layout.tiles == 0) return 0;
  if (plain == 0 && inputs % (size_t)(ck_tile_inputs * layout.tiles) != 0) return 0;
  size_t bytes;
  if (__builtin_mul_overflow(ck_band_bytes(format, inputs), bands_of(outputs), &bytes)) return 0;
  return bytes;
}

void *ck_allocate_packed(size_t bytes) {
  const size_t huge = (size_t)2 << 20;
  void *memory = NULL;
  if (posix_memalign(&memory, bytes >= huge ? huge : 64, bytes) != 0) return NULL;
#if defined(MADV_HUGEPAGE)
  // Only a hint: where it fails the memory is as good.
  if (bytes >= huge) (void)madvise(memory, bytes, MADV_HUGEPAGE);
#endif
  return memory;
}

void ck_free_packed(void *memory) { free(memory); }

typedef struct {
  const ck_kernels *kernels;
  int format;
  size_t outputs, inputs, source_row;
  const uint8_t *source;
  uint8_t *packed;
} packing;

static void pack_part(void *context, int part) {
  const packing *p = context;
  const size_t first = (size_t)part * ck_band;
  const size_t count = p->outputs - first < ck_band ? p->outputs - first : ck_band;
  p->kernels->pack_band(p->format, count, p->inputs, p->source + first * p->source_row,
                        p->packed + (size_t)part * ck_band_bytes(p->format, p->inputs));
}

void ck_pack(ck_lanes *lanes, int format, size_t outputs, size_t inputs, const void *source,
             void *packed) {
  const ck_layout layout = ck_layout_of(format);
  const size_t plain = ck_plain_bytes(format);
  packing p = {
      .kernels = ck_kernels_here(),
      .format = format,
      .outputs = outputs,
      .inputs = inputs,
      .source_row = plain != 0 ? inputs * plain
                               : inputs / (size_t)(ck_tile_inputs * layout.tiles) * layout.block,
      .source = source,
      .packed = packed,
  };
  ck_lanes_run(lanes, (int)bands_of(outputs), pack_part, &p);
}

typedef struct {
  const ck_kernels *kernels;
  ck_product product;
  size_t pieces; // bands or panels in all
  size_t chunk;  // pieces of a part
} product_work;

static void direct_parts(void *context, int part) {
  const product_work *w = context;
  const size_t first = (size_t)part * w->chunk;
  for (size_t i = first; i < first + w->chunk && i < w->pieces; i++)
    w->kernels->direct_part(&w->product, i);
}

static void panel_parts(void *context, int part) {
  const product_work *w = context;
  const size_t first = (size_t)part * w->chunk;
  for (size_t i = first; i < first + w->chunk && i < w->pieces; i++)
    w->kernels->panel_part(&w->product, i);
}

// Up to this many rows the weights are used as they are unpacked.
enum { direct_rows = 2, chunk_bytes = 12 << 10 };

void ck_multiply(ck_lanes *lanes, const ck_matrix *matrix, size_t rows, const float *input,
                 size_t input_stride, float *output, size_t output_stride) {
  if (rows == 0) return;
  product_work w = {
      .kernels = ck_kernels_here(),
      .product = {matrix, rows, input, input_stride, output, output_stride},
      .pieces = bands_of((size_t)matrix->outputs),
      .chunk = 1,
  };
  if (rows <= direct_rows) {
    // Parts of a microsecond or so.
    w.chunk += chunk_bytes / ck_band_bytes(matrix->format, (size_t)matrix->inputs);
    ck_lanes_run(lanes, (int)((w.pieces + w.chunk - 1) / w.chunk), direct_parts, &w);
  } else {
    w.pieces *= 2;
    ck_lanes_run(lanes, (int)w.pieces, panel_parts, &w);
  }
}
