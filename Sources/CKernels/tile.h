// Where the bits of a packed tile lie.
//
// Input 4c + j of a tile is byte j of the 32-bit lane of code word c: the even bytes are a pair for
// 16-bit products, the odd ones another, and all four suit 8-bit products. Code words are not
// stored as such. Vector v of 4-bit codes holds word 2v in its low halves of bytes and word 2v + 1
// in its high halves. A fifth bit of word c is bit c of each byte of one more vector; bits 5 and 6
// are bits 2 (c % 4) of each byte of vector c / 4 of two more. 8-bit codes are stored as words.
#ifndef CK_TILE_H
#define CK_TILE_H

#include <stddef.h>

#include "CKernelsMatrix.h"
#include "blocks.h"
#include "vectors.h"

// Inputs of a tile, bytes that are fetched ahead of the products of one row.
enum { ck_tile_inputs = 32, ck_ahead = 2048 };

typedef struct {
  int tiles;          // tiles that share a header
  size_t header;      // bytes of the header
  size_t scales;      // bytes of scales at the start of a tile
  size_t codes;       // bytes of codes of 8 outputs
  int bits;           // of a code
} ck_layout;

CK_INLINE ck_layout ck_layout_of(int format) {
  switch (format) {
  case CK_Q4_0: return (ck_layout){1, 0, 64, 128, 4};
  case CK_Q4_1: return (ck_layout){1, 0, 128, 128, 4};
  case CK_Q5_0: return (ck_layout){1, 0, 64, 160, 5};
  case CK_Q5_1: return (ck_layout){1, 0, 128, 160, 5};
  case CK_Q8_0: return (ck_layout){1, 0, 64, 256, 8};
  case CK_BYTES: return (ck_layout){1, 0, 256, 256, 8};
  case CK_Q2_K: return (ck_layout){8, 128, 128, 128, 4};
  case CK_Q4_K: return (ck_layout){8, 128, 64, 128, 4};
  case CK_Q5_K: return (ck_layout){8, 128, 64, 160, 5};
  case CK_Q6_K: return (ck_layout){8, 64, 64, 192, 6};
  default: return (ck_layout){0, 0, 0, 0, 0};
  }
}

// A format with a scale for each 16 inputs, not for each tile.
CK_INLINE bool ck_has_half_scales(int format) {
  return format == CK_Q6_K || format == CK_Q2_K || format == CK_BYTES;
}

// Bytes of an element of a plain format, 0 for the others.
CK_INLINE size_t ck_plain_bytes(int format) {
  return format == CK_F32                          ? 4
         : format == CK_F16 || format == CK_BF16 ? 2
         : format == CK_F8_E4M3                  ? 1
                                                 : 0;
}

CK_INLINE size_t ck_tile_bytes(ck_layout layout) { return layout.scales + 4 * layout.codes; }

// Bytes of `tiles` tiles with their header.
CK_INLINE size_t ck_group_bytes(ck_layout layout) {
  return layout.header + (size_t)layout.tiles * ck_tile_bytes(layout);
}

CK_INLINE size_t ck_band_bytes(int format, size_t inputs) {
  const size_t plain = ck_plain_bytes(format);
  if (plain != 0) return inputs * CK_BAND * plain;
  const ck_layout layout = ck_layout_of(format);
  return inputs / ck_tile_inputs / (size_t)layout.tiles * ck_group_bytes(layout);
}

// What a panel of a band has the cache fetch while it is multiplied: its part of the next band, which
// the same lane mostly takes next. Fetching beyond the last band is harmless.
typedef struct {
  const uint8_t *from;
  size_t bytes;
} ck_ahead_bytes;

enum { ck_fetching_cuts = 4 };  // the first groups of rows fetch, the others only multiply

CK_INLINE ck_ahead_bytes ck_ahead_of(const ck_matrix *m, size_t half, size_t first, size_t inputs) {
  const size_t band = ck_band_bytes(m->format, (size_t)m->inputs), all = (size_t)m->inputs;
  const size_t start = half % 2 * (band / 2) + band / 2 * first / all;
  return (ck_ahead_bytes){(const uint8_t *)m->bytes + (half / 2 + 1) * band + start,
                          band / 2 * inputs / all};
}

CK_INLINE size_t ck_lines_a_step(ck_ahead_bytes ahead, size_t steps) {
  return (ahead.bytes / 64 + steps - 1) / steps;
}

#endif
