// What one kind of machine implements, and the table that the doors call through.
#ifndef CK_KERNELS_TABLE_H
#define CK_KERNELS_TABLE_H

#include "CKernels.h"
#include "tile.h"

// 32 inputs of a row as integers: input = scale * code, rounded.
typedef struct {
  float scale;
  float offset;     // scale * sum of all codes
  int32_t sums[2];  // of codes 0 .. 15 and 16 .. 31
} ck_codes;

// Codes of magnitude up to 32767; of each four inputs the even ones first, then the odd ones.
typedef struct {
  ck_codes head;
  int16_t codes[32];
} ck_words;

// Codes of magnitude up to 127.
typedef struct {
  ck_codes head;
  int8_t codes[32];
} ck_bytes;

// Rows that are being rounded, to what is not null.
typedef struct {
  const float *input;
  size_t stride, inputs;
  ck_words *words;
  ck_bytes *bytes;
} ck_rounding;

// A product under way.
typedef struct {
  const ck_matrix *matrix;
  size_t rows;
  const float *input;
  size_t input_stride;
  const uint8_t *codes; // blocks of words or bytes, for the integer kernels
  size_t codes_stride;  // in bytes
  float *output;
  size_t output_stride;
} ck_product;

typedef void (*ck_product_kernel)(const ck_product *product, size_t piece);

// A step over rows or elements; what each field means depends on the step.
typedef struct {
  int kind;
  const float *input;
  const float *weight;
  const float *other;
  float *output;
  double *result;
  size_t width;
  float number;
} ck_rows;

typedef struct {
  float *x;
  size_t heads, head_width, half;
  int interleaved;
  const float *cosines, *sines;
} ck_rotation;

// Rows or elements first .. end - 1 of a step.
typedef void (*ck_rows_kernel)(const ck_rows *step, size_t first, size_t end);

// Queries that one call of `attend` takes at most, and positions between two rescalings.
enum { CK_READERS = 16, CK_SPAN_POSITIONS = 512 };

typedef struct {
  const char *name;
  void (*pack_band)(int format, size_t outputs, size_t inputs, const uint8_t *source,
                    uint8_t *band);
  // Bands of 32 outputs, for few rows; halves of bands, for many.
  ck_product_kernel direct_part, direct_words, direct_bytes;
  ck_product_kernel panel_part, panel_words, panel_bytes;
  // Blocks first .. end - 1 of 32 inputs.
  void (*round_rows)(const ck_rounding *work, size_t first, size_t end);
  ck_rows_kernel rms_norm, layer_norm, add, add_row, scale, gate, soft_cap, exponential, softmax,
      log_sum_exp;
  size_t (*index_of_largest)(const float *x, size_t count);
  double (*dot)(const float *left, const float *right, size_t count);
  void (*add_scaled)(const float *source, float factor, size_t count, float *target);
  void (*rotate)(const ck_rotation *step, size_t first, size_t end);
  void (*attend)(const ck_attention_shape *shape, const ck_attention_segment *segment, size_t row,
                 size_t rows, size_t head, size_t heads, size_t offset);
} ck_kernels;

extern const ck_kernels ck_kernels_portable;
#if defined(__x86_64__)
extern const ck_kernels ck_kernels_avx2, ck_kernels_avx512;
#endif

// The table for calls from this thread.
const ck_kernels *ck_kernels_here(void);

#endif
