#ifndef CKERNELS_ROWS_H
#define CKERNELS_ROWS_H

#include <stddef.h>

#include "CKernelsLanes.h"

// Element-wise and row-wise steps over [rows, width] row-major buffers of any alignment.
//
// An element's result depends on its own row only: the same bits whatever the number of rows and
// lanes, and on every machine. Unless said, inputs and outputs may be the same buffer but must not
// overlap otherwise.

// output = x / sqrt(mean(x^2) + epsilon) * weight; sums in float32, 16 interleaved partial sums.
void ck_rms_norm(ck_lanes *lanes, const float *input, size_t rows, size_t width,
                 const float *weight, float epsilon, float *output);

// output = (x - mean(x)) / sqrt(mean((x - mean(x))^2) + epsilon) * weight + bias; null bias is 0.
void ck_layer_norm(ck_lanes *lanes, const float *input, size_t rows, size_t width,
                   const float *weight, const float *bias, float epsilon, float *output);

// target += source.
void ck_add(ck_lanes *lanes, const float *source, size_t count, float *target);

// Every row of target += row.
void ck_add_row(ck_lanes *lanes, const float *row, size_t rows, size_t width, float *target);

// target *= factor.
void ck_scale(ck_lanes *lanes, float *target, size_t count, float factor);

enum { CK_SILU, CK_GELU_TANH, CK_GELU };

// gate = activation(gate) * up; a null up is 1. silu: x / (1 + exp(-x)). gelu_tanh:
// x / (1 + exp(-2 u)) with u = sqrt(2 / pi) (x + 0.044715 x^3). gelu: x (1 + erf(x / sqrt 2)) / 2.
// Within 4e-7 of the exact value relative to |x|.
void ck_gate(ck_lanes *lanes, int kind, float *gate, const float *up, size_t count);

// x = cap * tanh(x / cap), within 3e-7 relative.
void ck_soft_cap(ck_lanes *lanes, float *x, size_t count, float cap);

// exp(x), within 1.5 units in the last place; 0 below -104, infinite above 88.73.
void ck_exp(const float *x, size_t count, float *output);

// Each row of x becomes exp(x) / sum exp(x), within 6e-8 (8 + max x - x) relative: the subtraction
// of the greatest element is rounded. A row of -infinity only becomes NaN.
void ck_softmax(ck_lanes *lanes, float *x, size_t rows, size_t width);

// log sum exp(x) of each row, exponentials in float32 and sums in float64.
void ck_log_sum_exp(ck_lanes *lanes, const float *x, size_t rows, size_t width, double *result);

// The first of the greatest elements; NaN is never one, and 0 is the answer where all are.
size_t ck_index_of_largest(const float *x, size_t count);

// Rotates each head of x [rows, heads, head_width] in place by the angles of its row:
// (a, b) becomes (a cos - b sin, a sin + b cos), every product and sum rounded once. Pairs are
// elements 2i and 2i + 1 where interleaved, else i and i + half; `cosines` and `sines` are
// [rows, half]. Elements from 2 half on pass unchanged.
void ck_rotate(ck_lanes *lanes, float *x, size_t rows, size_t heads, size_t head_width,
               size_t half, int interleaved, const float *cosines, const float *sines);

// Sum of left * right; products are exact, 8 interleaved partial sums in float64.
double ck_dot(const float *left, const float *right, size_t count);

// target += factor * source, the product rounded before the sum.
void ck_add_scaled(const float *source, float factor, size_t count, float *target);

#endif
