#ifndef CKERNELS_MATRIX_H
#define CKERNELS_MATRIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "CKernelsLanes.h"

// Weight matrices in the order in which the kernels read them, and their products with rows.
//
// A packed matrix is a sequence of bands of 32 outputs. A band of a quantized format is a sequence
// of tiles of 32 inputs: the scales of the 32 outputs, then, for each 8 of them, the codes. A code
// vector holds one 32-bit lane for each of the 8 outputs, so one tile serves float32, int16 and
// int8 arithmetic. See tile.h for the places of the bits. A band of a plain format (f32, f16,
// bf16, f8) is 32 elements for each input. Outputs past the last are zero.

// The formats, numbered as in GGUF.
enum {
  CK_F32 = 0,
  CK_F16 = 1,
  CK_Q4_0 = 2,
  CK_Q4_1 = 3,
  CK_Q5_0 = 6,
  CK_Q5_1 = 7,
  CK_Q8_0 = 8,
  CK_Q2_K = 10,
  CK_Q3_K = 11,
  CK_Q4_K = 12,
  CK_Q5_K = 13,
  CK_Q6_K = 14,
  CK_Q8_K = 15,
  CK_IQ2_XXS = 16,
  CK_IQ2_XS = 17,
  CK_IQ3_XXS = 18,
  CK_IQ1_S = 19,
  CK_IQ4_NL = 20,
  CK_IQ3_S = 21,
  CK_IQ2_S = 22,
  CK_IQ4_XS = 23,
  CK_IQ1_M = 29,
  CK_BF16 = 30,
  CK_TQ1_0 = 34,
  CK_TQ2_0 = 35,
  CK_MXFP4 = 39,
  CK_F8_E4M3 = 0x10000, // not GGUF's
  CK_BYTES = 0x10001,   // tiles of formats with a grid when they are multiplied: codes of 8 bits,
                        // with a float scale for each 16
};

// Outputs of a band.
enum { CK_BAND = 32 };

// A packed matrix of a packed format; `bytes` is 64-byte aligned and holds ck_packed_bytes().
typedef struct {
  int format;
  int outputs;
  int inputs;
  const uint8_t *bytes;
} ck_matrix;

// The format that a stored one is packed as: itself, or one that holds the same values (TQ1_0).
int ck_packed_format(int format);

// Bytes of a packed matrix, or 0 where the format is unknown, the inputs are not whole blocks, or
// the size does not fit.
size_t ck_packed_bytes(int format, size_t outputs, size_t inputs);

// Memory that packed weights are cut from, with huge pages where the system has them.
typedef struct ck_arena ck_arena;

// Null when there is no memory.
ck_arena *ck_arena_create(void);

// Frees all that was cut.
void ck_arena_destroy(ck_arena *arena);

// 64-byte aligned zeros; null when there is no memory. Not for two threads at once.
void *ck_arena_cut(ck_arena *arena, size_t bytes);

// Has malloc() keep what is freed, up to some hundred megabytes, where it can be told to.
void ck_keep_freed_memory(void);

// Packs `outputs` rows of `inputs` elements, stored as GGUF stores them, row after row.
// `source` needs no alignment; `packed` is 64-byte aligned and must not overlap it.
void ck_pack(ck_lanes *lanes, int format, size_t outputs, size_t inputs, const void *source,
             void *packed);

// target[c, r] = source[r, c] for elements of 1, 2 or 4 bytes at any alignment.
void ck_transpose(const void *source, size_t rows, size_t columns, size_t width, void *target);

// How products are computed. Each is one arithmetic: a row gets the same bits alone and among any
// rows, with any number of lanes, on any machine.
enum {
  // The weights are the float32 values that the format decodes to, and an output is one chain of
  // fused multiply-adds from 0 in ascending k:
  //   sum = 0; for k: sum = fmaf(weight[o][k], input[m][k], sum)
  CK_EXACT,
  // Each 32 inputs of a row are rounded to integers of 16 bits that share a scale. Integers are
  // multiplied and summed exactly over 32 inputs (16 for Q6_K and others), and those sums are
  // scaled and summed in float32 in ascending k. Plain formats stay exact.
  CK_PRECISE,
  // The same with 8 bits, where the weights have 2, 4 or 5; else as CK_PRECISE.
  CK_FAST,
};

// A matrix that rows are multiplied with, and where the products go: [rows, matrix->outputs].
typedef struct {
  const ck_matrix *matrix;
  float *output;
  size_t output_stride; // distance of rows in floats
} ck_target;

// Bytes that ck_multiply() needs for rows rounded to integers; 0 if none.
size_t ck_scratch_bytes(int arithmetic, size_t rows, size_t inputs);

// output[m, o] = sum over k of input[m, k] * weight[o, k], for `rows` rows and every target.
//
// All targets have the same number of inputs. `input_stride` is the distance of rows in floats.
// `scratch`, 64-byte aligned, holds ck_scratch_bytes(). The buffers of floats need no alignment
// and must not overlap.
void ck_multiply(ck_lanes *lanes, int arithmetic, size_t rows, const float *input,
                 size_t input_stride, const ck_target *targets, size_t count, void *scratch);

// How many kinds of kernels calls from this thread pass over, the best ones for this machine first:
// for tests. The portable ones are always left.
void ck_pass_over_kernels(int kinds);
int ck_passed_over_kernels(void);

// "avx512", "avx2", "neon" or "portable": what calls from this thread use.
const char *ck_kernels_name(void);

#endif
