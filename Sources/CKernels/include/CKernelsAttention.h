#ifndef CKERNELS_ATTENTION_H
#define CKERNELS_ATTENTION_H

#include <stddef.h>

#include "CKernelsLanes.h"

// Attention over paged keys and values.
//
// A page holds 32 positions. Of each key head it holds the keys [head_width, 32], then the values
// [32, head_width]. Slots that no row sees may hold anything.

enum { CK_PAGE_POSITIONS = 32 };

typedef struct {
  size_t heads;
  size_t kv_heads; // divides heads
  size_t head_width;
  size_t window;  // a row at p sees positions above p - window; 0: all up to p
  float scale;    // on the products of queries and keys
  float soft_cap; // scores become cap * tanh(score / cap); 0: they do not
} ck_attention_shape;

// Consecutive rows of one sequence.
typedef struct {
  const float *queries; // [rows, heads, head_width]
  float *output;        // [rows, heads, head_width]
  size_t rows;
  size_t first_position;     // of the first row, which sees positions up to its own
  float *const *pages;       // the pages of the sequence, the rows' own positions included
} ck_attention_segment;

// Writes keys and values [rows, kv_heads, head_width] into the pages, `offset` floats from the
// start of each.
void ck_store_keys_values(const ck_attention_shape *shape, const float *keys, const float *values,
                          size_t rows, size_t first_position, float *const *pages, size_t offset);

// softmax(scale q k') v for every row of every segment, over the pages' floats from `offset` on.
//
// A score is one chain of fused multiply-adds over the head in ascending order, and an output one
// over positions in ascending order. Exponentials are taken relative to the greatest score of the
// positions before each multiple of 512, and earlier ones rescaled there: where a sum is cut
// depends on positions only, so a row gets the same bits alone, in a batch, and on any machine.
void ck_attend(ck_lanes *lanes, const ck_attention_shape *shape,
               const ck_attention_segment *segments, size_t count, size_t offset);

#endif
