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
// bf16) is 32 elements for each input. Outputs past the last are zero.

// The formats, numbered as in GGUF.
enum {
  CK_F32 = 0,
  CK_F16 = 1,
  CK_Q4_0 = 2,
  CK_Q4_1 = 3,
  CK_Q5_0 = 6,
  CK_Q5_1 = 7,
  CK_Q8_0 = 8,
  CK_Q4_K = 12,
  CK_Q5_K = 13,
  CK_Q6_K = 14,
  CK_BF16 = 30,
};

// A packed matrix; `bytes` is 64-byte aligned and holds ck_packed_bytes().
typedef struct {
  int format;
  int outputs;
  int inputs;
  const uint8_t *bytes;
} ck_matrix;

// Bytes of a packed matrix, or 0 where the format is unknown, the inputs are not whole blocks, or
// the size does not fit.
size_t ck_packed_bytes(int format, size_t outputs, size_t inputs);

// Memory for packed weights, 64-byte aligned, with huge pages where the system has them and the
// size warrants it; null when there is none. Freed with ck_free_packed().
void *ck_allocate_packed(size_t bytes);
void ck_free_packed(void *memory);

// Packs `outputs` rows of `inputs` elements, stored as GGUF stores them, row after row.
// `source` needs no alignment; `packed` is 64-byte aligned and must not overlap it.
void ck_pack(ck_lanes *lanes, int format, size_t outputs, size_t inputs, const void *source,
             void *packed);

// output[m, o] = sum over k of input[m, k] * weight[o, k], for `rows` rows.
//
// The weights are the float32 values that the format decodes to, and the sum is one chain of fused
// multiply-adds from 0 in ascending k: the same bits for any number of rows and of lanes, on any
// machine, and as the loop
//
//   sum = 0; for k: sum = fmaf(weight[o][k], input[m][k], sum)
//
// `input_stride` and `output_stride` are the distances of rows in floats. The buffers need no
// alignment and must not overlap.
void ck_multiply(ck_lanes *lanes, const ck_matrix *matrix, size_t rows, const float *input,
                 size_t input_stride, float *output, size_t output_stride);

// Whether calls from this thread avoid the kernels of this machine's vector unit: for tests.
void ck_use_portable(bool portable);
bool ck_uses_portable(void);

// "avx2", "neon" or "portable": what calls from this thread use.
const char *ck_kernels_name(void);

#endif
