// The doors to packed matrices: sizes, memory, and the division of the work.
#include "kernels.h"

// How many kinds of kernels a thread passes over, the best ones first.
static _Thread_local int passed_over;

void ck_pass_over_kernels(int kinds) { passed_over = kinds; }

int ck_passed_over_kernels(void) { return passed_over; }

#if defined(__x86_64__)
static bool has_avx2(void) {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
         __builtin_cpu_supports("f16c");
}

static bool has_avx512(void) {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512vnni");
}
#endif

const ck_kernels *ck_kernels_here(void) {
  int left = passed_over;
#if defined(__x86_64__)
  if (has_avx512() && left-- <= 0) return &ck_kernels_avx512;
  if (has_avx2() && left-- <= 0) return &ck_kernels_avx2;
#endif
  (void)left;
  return &ck_kernels_portable;
}

const char *ck_kernels_name(void) { return ck_kernels_here()->name; }

static size_t bands_of(size_t outputs) { return outputs / CK_BAND + (outputs % CK_BAND != 0); }

int ck_packed_format(int format) { return ck_stored_of(format).packed; }

size_t ck_packed_bytes(int format, size_t outputs, size_t inputs) {
  const ck_stored stored = ck_stored_of(format);
  if (outputs == 0 || inputs == 0 || outputs > INT32_MAX || inputs > INT32_MAX) return 0;
  if (stored.elements == 0 || inputs % stored.elements != 0) return 0;
  size_t bytes;
  if (__builtin_mul_overflow(ck_band_bytes(stored.packed, inputs), bands_of(outputs), &bytes))
    return 0;
  return bytes;
}

typedef struct {
  const ck_kernels *kernels;
  int format;
  size_t outputs, inputs, source_row;
  const uint8_t *source;
  uint8_t *packed;
} packing;

static void pack_part(void *context, int part) {
  const packing *p = context;
  const size_t first = (size_t)part * CK_BAND;
  const size_t count = p->outputs - first < CK_BAND ? p->outputs - first : CK_BAND;
  p->kernels->pack_band(p->format, count, p->inputs, p->source + first * p->source_row,
                        p->packed + (size_t)part * ck_band_bytes(ck_packed_format(p->format), p->inputs));
}

void ck_pack(ck_lanes *lanes, int format, size_t outputs, size_t inputs, const void *source,
             void *packed) {
  const ck_stored stored = ck_stored_of(format);
  packing p = {
      .kernels = ck_kernels_here(),
      .format = format,
      .outputs = outputs,
      .inputs = inputs,
      .source_row = inputs / stored.elements * stored.bytes,
      .source = source,
      .packed = packed,
  };
  ck_lanes_run(lanes, (int)bands_of(outputs), pack_part, &p);
}

void ck_transpose(const void *source, size_t rows, size_t columns, size_t width, void *target) {
  const uint8_t *from = source;
  uint8_t *to = target;
  // Squares of 32 elements, so that the lines read and written stay near.
  for (size_t row = 0; row < rows; row += 32) {
    for (size_t column = 0; column < columns; column += 32) {
      for (size_t r = row; r < rows && r < row + 32; r++) {
        for (size_t c = column; c < columns && c < column + 32; c++)
          memcpy(to + (c * rows + r) * width, from + (r * columns + c) * width, width);
      }
    }
  }
}

// What a product reads its input as.
typedef enum { as_floats, as_words, as_bytes } reading;

static reading reading_of(int arithmetic, int format) {
  if (arithmetic == CK_EXACT || ck_plain_bytes(format) != 0) return as_floats;
  if (arithmetic == CK_PRECISE) return as_words;
  switch (format) {
#define CK_NARROW(format) case format:
    CK_NARROW_FORMATS(CK_NARROW) return as_bytes;
#undef CK_NARROW
  default: return as_words;
  }
}

size_t ck_scratch_bytes(int arithmetic, size_t rows, size_t inputs) {
  const size_t blocks = rows * (inputs / ck_tile_inputs);
  if (arithmetic == CK_EXACT) return 0;
  return blocks * (sizeof(ck_words) + (arithmetic == CK_FAST ? sizeof(ck_bytes) : 0));
}

// Blocks of 32 inputs that one lane rounds at a time: some microseconds.
enum { rounding_chunk = 256 };

typedef struct {
  const ck_kernels *kernels;
  ck_rounding rounding;
  size_t blocks;
} rounding_work;

static void round_part(void *context, int part) {
  const rounding_work *w = context;
  const size_t first = (size_t)part * rounding_chunk;
  const size_t end = w->blocks - first < rounding_chunk ? w->blocks : first + rounding_chunk;
  w->kernels->round_rows(&w->rounding, first, end);
}

// Up to this many rows the weights are used as they are unpacked.
enum { direct_rows = 2, chunk_bytes = 12 << 10, most_targets = 4 };

// One product of a run: its pieces are cut into parts of `chunk`.
typedef struct {
  ck_product product;
  ck_product_kernel kernel;
  size_t pieces, chunk, parts;
} product_work;

static void product_part(void *context, int part) {
  const product_work *w = context;
  size_t index = (size_t)part;
  for (; index >= w->parts; w++) index -= w->parts;
  const size_t first = index * w->chunk;
  for (size_t i = first; i < first + w->chunk && i < w->pieces; i++) w->kernel(&w->product, i);
}

static product_work work_of(const ck_kernels *kernels, const ck_target *target, reading reading,
                            ck_product product) {
  const ck_matrix *matrix = target->matrix;
  product.matrix = matrix;
  product.output = target->output;
  product.output_stride = target->output_stride;
  product_work w = {.product = product, .pieces = bands_of((size_t)matrix->outputs), .chunk = 1};
  if (product.rows <= direct_rows) {
    const ck_product_kernel kernel[] = {kernels->direct_part, kernels->direct_words,
                                        kernels->direct_bytes};
    w.kernel = kernel[reading];
    // Parts of a microsecond or so.
    w.chunk += chunk_bytes / ck_band_bytes(matrix->format, (size_t)matrix->inputs);
  } else {
    const ck_product_kernel kernel[] = {kernels->panel_part, kernels->panel_words,
                                        kernels->panel_bytes};
    w.kernel = kernel[reading];
    w.pieces *= 2;
  }
  w.parts = (w.pieces + w.chunk - 1) / w.chunk;
  return w;
}

void ck_multiply(ck_lanes *lanes, int arithmetic, size_t rows, const float *input,
                 size_t input_stride, const ck_target *targets, size_t count, void *scratch) {
  if (rows == 0 || count == 0) return;
  const ck_kernels *const kernels = ck_kernels_here();
  const size_t inputs = (size_t)targets[0].matrix->inputs;
  const size_t blocks = inputs / ck_tile_inputs;
  ck_words *const words = scratch;
  ck_bytes *const bytes = (ck_bytes *)(words + rows * blocks);

  rounding_work rounding = {kernels, {input, input_stride, inputs, NULL, NULL}, rows * blocks};
  for (size_t i = 0; i < count; i++) {
    const reading reading = reading_of(arithmetic, targets[i].matrix->format);
    if (reading == as_words) rounding.rounding.words = words;
    if (reading == as_bytes) rounding.rounding.bytes = bytes;
  }
  if (rounding.rounding.words != NULL || rounding.rounding.bytes != NULL)
    ck_lanes_run(lanes, (int)((rows * blocks + rounding_chunk - 1) / rounding_chunk), round_part,
                 &rounding);

  for (size_t first = 0; first < count; first += most_targets) {
    product_work work[most_targets];
    size_t parts = 0;
    for (size_t i = first; i < count && i < first + most_targets; i++) {
      const reading reading = reading_of(arithmetic, targets[i].matrix->format);
      const ck_product product = {
          .rows = rows,
          .input = input,
          .input_stride = input_stride,
          .codes = reading == as_words ? (const uint8_t *)words : (const uint8_t *)bytes,
          .codes_stride = blocks * (reading == as_words ? sizeof(ck_words) : sizeof(ck_bytes)),
      };
      work[i - first] = work_of(kernels, &targets[i], reading, product);
      parts += work[i - first].parts;
    }
    ck_lanes_run(lanes, (int)parts, product_part, work);
  }
}
