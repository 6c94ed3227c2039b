// The doors to the steps over rows, rotation and attention: the division of the work.
#include "kernels.h"

// Elements of a part: some microseconds of work.
enum { part_elements = 1 << 14 };

typedef struct {
  ck_rows step;
  ck_rows_kernel kernel;
  size_t count, chunk;
} rows_work;

static void rows_part(void *context, int part) {
  const rows_work *w = context;
  const size_t first = (size_t)part * w->chunk;
  w->kernel(&w->step, first, w->count - first < w->chunk ? w->count : first + w->chunk);
}

// Runs a kernel over `count` rows of `width` elements.
static void run(ck_lanes *lanes, ck_rows_kernel kernel, ck_rows step, size_t count, size_t width) {
  if (count == 0) return;
  rows_work w = {step, kernel, count, 1 + part_elements / (width + 1)};
  // Whole vectors, so that no part but the last ends with a partial one.
  w.chunk = width == 1 ? part_elements : w.chunk;
  if (lanes == NULL || count <= w.chunk) {
    kernel(&w.step, 0, count);
  } else {
    ck_lanes_run(lanes, (int)((count + w.chunk - 1) / w.chunk), rows_part, &w);
  }
}

void ck_rms_norm(ck_lanes *lanes, const float *input, size_t rows, size_t width,
                 const float *weight, float epsilon, float *output) {
  const ck_rows step = {
      .input = input, .weight = weight, .output = output, .width = width, .number = epsilon};
  run(lanes, ck_kernels_here()->rms_norm, step, rows, width);
}

void ck_layer_norm(ck_lanes *lanes, const float *input, size_t rows, size_t width,
                   const float *weight, const float *bias, float epsilon, float *output) {
  const ck_rows step = {.input = input,
                        .weight = weight,
                        .other = bias,
                        .output = output,
                        .width = width,
                        .number = epsilon};
  run(lanes, ck_kernels_here()->layer_norm, step, rows, width);
}

void ck_add(ck_lanes *lanes, const float *source, size_t count, float *target) {
  const ck_rows step = {.input = source, .output = target};
  run(lanes, ck_kernels_here()->add, step, count, 1);
}

void ck_add_row(ck_lanes *lanes, const float *row, size_t rows, size_t width, float *target) {
  const ck_rows step = {.input = row, .output = target, .width = width};
  run(lanes, ck_kernels_here()->add_row, step, rows, width);
}

void ck_scale(ck_lanes *lanes, float *target, size_t count, float factor) {
  const ck_rows step = {.output = target, .number = factor};
  run(lanes, ck_kernels_here()->scale, step, count, 1);
}

void ck_gate(ck_lanes *lanes, int kind, float *gate, const float *up, size_t count) {
  const ck_rows step = {.kind = kind, .input = up, .output = gate};
  run(lanes, ck_kernels_here()->gate, step, count, 1);
}

void ck_soft_cap(ck_lanes *lanes, float *x, size_t count, float cap) {
  const ck_rows step = {.output = x, .number = cap};
  run(lanes, ck_kernels_here()->soft_cap, step, count, 1);
}

void ck_exp(const float *x, size_t count, float *output) {
  const ck_rows step = {.input = x, .output = output};
  run(NULL, ck_kernels_here()->exponential, step, count, 1);
}

void ck_softmax(ck_lanes *lanes, float *x, size_t rows, size_t width) {
  const ck_rows step = {.output = x, .width = width};
  run(lanes, ck_kernels_here()->softmax, step, rows, width);
}

void ck_log_sum_exp(ck_lanes *lanes, const float *x, size_t rows, size_t width, double *result) {
  const ck_rows step = {.input = x, .result = result, .width = width};
  run(lanes, ck_kernels_here()->log_sum_exp, step, rows, width);
}

size_t ck_index_of_largest(const float *x, size_t count) {
  return ck_kernels_here()->index_of_largest(x, count);
}

double ck_dot(const float *left, const float *right, size_t count) {
  return ck_kernels_here()->dot(left, right, count);
}

void ck_add_scaled(const float *source, float factor, size_t count, float *target) {
  ck_kernels_here()->add_scaled(source, factor, count, target);
}

typedef struct {
  ck_rotation step;
  void (*kernel)(const ck_rotation *step, size_t first, size_t end);
  size_t rows, chunk;
} rotation_work;

static void rotation_part(void *context, int part) {
  const rotation_work *w = context;
  const size_t first = (size_t)part * w->chunk;
  w->kernel(&w->step, first, w->rows - first < w->chunk ? w->rows : first + w->chunk);
}

void ck_rotate(ck_lanes *lanes, float *x, size_t rows, size_t heads, size_t head_width,
               size_t half, int interleaved, const float *cosines, const float *sines) {
  if (rows == 0) return;
  rotation_work w = {{x, heads, head_width, half, interleaved, cosines, sines},
                     ck_kernels_here()->rotate,
                     rows,
                     1 + part_elements / (heads * head_width + 1)};
  ck_lanes_run(lanes, (int)((rows + w.chunk - 1) / w.chunk), rotation_part, &w);
}
