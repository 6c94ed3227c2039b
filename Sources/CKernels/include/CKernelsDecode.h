#ifndef CKERNELS_DECODE_H
#define CKERNELS_DECODE_H

#include <stddef.h>
#include <stdint.h>

// Decoding of stored tensors, one function for each block format of GGUF.
//
// `blocks` holds `count` elements, a multiple of the format's block size; it needs no alignment.
// `values` receives `count` floats and must not overlap `blocks`. Scales are half floats and are
// converted exactly. Every product and every sum is rounded once to float, in the order of the
// formula beside the function, so the results equal gguf-py's bit for bit; only the sign and
// payload of a NaN that arithmetic produced may differ.

// Copies.
void ck_decode_f32(const void *blocks, size_t count, float *values);
// Exact, NaN payloads included.
void ck_decode_f16(const void *blocks, size_t count, float *values);
// Exact, NaN payloads included.
void ck_decode_bf16(const void *blocks, size_t count, float *values);
// Exact; 0x7f and 0xff are NaN, and there are no infinities.
void ck_decode_f8_e4m3(const void *blocks, size_t count, float *values);
// 32 elements in 18 bytes: d * (q - 8).
void ck_decode_q4_0(const void *blocks, size_t count, float *values);
// 32 elements in 20 bytes: d * q + m.
void ck_decode_q4_1(const void *blocks, size_t count, float *values);
// 32 elements in 22 bytes: d * (q - 16).
void ck_decode_q5_0(const void *blocks, size_t count, float *values);
// 32 elements in 24 bytes: d * q + m.
void ck_decode_q5_1(const void *blocks, size_t count, float *values);
// 32 elements in 34 bytes: d * q.
void ck_decode_q8_0(const void *blocks, size_t count, float *values);
// 256 elements in 144 bytes: (d * scale) * q - (dmin * min).
void ck_decode_q4_k(const void *blocks, size_t count, float *values);
// 256 elements in 176 bytes: (d * scale) * q - (dmin * min).
void ck_decode_q5_k(const void *blocks, size_t count, float *values);
// 256 elements in 210 bytes: (d * scale) * (q - 32).
void ck_decode_q6_k(const void *blocks, size_t count, float *values);
// 256 elements in 84 bytes: (d * scale) * q - (dmin * min).
void ck_decode_q2_k(const void *blocks, size_t count, float *values);

// Codes and scales of one block of a format whose elements are scale * code: `codes` for all of its
// 32 or 256 elements, `scales` for each 16. Returns the number of elements, 0 for other formats.
size_t ck_block_codes(int format, const void *block, int8_t *codes, float *scales);

// Blocks of such a format: Q3_K, Q8_K, the IQ, TQ and MXFP4 ones.
void ck_decode_codes(int format, const void *blocks, size_t count, float *values);

#endif
