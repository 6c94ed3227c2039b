// Where the bits of a packed tile lie.
//
// Input 4c + j of a tile is byte j of the 32-bit lane of code word c: the even bytes are a pair for
// 16-bit products, the odd ones another, and all four suit 8-bit products. Code words are not
// stored as such. Vector v of 4-bit codes holds word 2v in its low halves of bytes and word 2v + 1
// in its high halves. A fifth bit of word c is bit c of each byte of one more vector; bits 5 and 6
// are bits 2 (c % 4) of each byte of vector c / 4 of two more. Codes of 2 and 3 bits have their
// lower two so, too, and the third as a fifth. 8-bit codes are stored as words.
//
// IQ2_S and IQ3_S are stored as entries of a grid, and packed as codes of magnitude and sign: the
// sizes are near, and looking up 32 values takes one step. The codes of the other formats with a
// grid are numbers of entries: of each entry in turn the low byte of 8
// outputs, then high bits, in the same order, then signs, stored as a fifth bit is.
#ifndef CK_TILE_H
#define CK_TILE_H

#include <stddef.h>

#include "CKernelsMatrix.h"
#include "blocks.h"
#include "grids.h"
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
  case CK_Q2_K: return (ck_layout){8, 128, 128, 64, 2};
  case CK_Q3_K: return (ck_layout){8, 64, 64, 96, 3};
  case CK_Q4_K: return (ck_layout){8, 128, 64, 128, 4};
  case CK_Q5_K: return (ck_layout){8, 128, 64, 160, 5};
  case CK_Q6_K: return (ck_layout){8, 64, 64, 192, 6};
  case CK_Q8_K: return (ck_layout){8, 128, 0, 256, 8};
  case CK_TQ1_0:
  case CK_TQ2_0: return (ck_layout){8, 64, 0, 64, 2};
  case CK_IQ4_NL: return (ck_layout){1, 0, 64, 128, 4};
  case CK_IQ2_S: return (ck_layout){8, 64, 32, 96, 3};
  case CK_IQ3_S:
  case CK_IQ4_XS: return (ck_layout){8, 64, 32, 128, 4};
  case CK_MXFP4: return (ck_layout){1, 0, 32, 128, 4};
  default: {
    const ck_grid grid = ck_grid_of(format);
    if (grid.elements == 0) return (ck_layout){0, 0, 0, 0, 0};
    const size_t entries = ck_tile_inputs / (size_t)grid.elements;
    return (ck_layout){8, 64, 32, entries * (size_t)(8 + grid.high) + (grid.is_signed ? 32 : 0), 8};
  }
  }
}

// The packed formats but those whose tiles number entries of a grid: the plain ones, those that
// CK_FAST multiplies with bytes, and others.
#define CK_PLAIN_FORMATS(X) X(CK_F32) X(CK_F16) X(CK_BF16) X(CK_F8_E4M3)
#define CK_NARROW_FORMATS(X)                                                                       \
  X(CK_Q4_0) X(CK_Q4_1) X(CK_Q5_0) X(CK_Q5_1) X(CK_Q2_K) X(CK_Q4_K) X(CK_Q5_K) X(CK_TQ2_0)
#define CK_WIDE_FORMATS(X)                                                                         \
  X(CK_Q8_0) X(CK_Q3_K) X(CK_Q6_K) X(CK_Q8_K)                                                      \
  X(CK_IQ2_S) X(CK_IQ3_S) X(CK_IQ4_NL) X(CK_IQ4_XS) X(CK_MXFP4)

// The values that the codes of a format number, or null.
CK_INLINE const int8_t *ck_table_of(int format) {
  switch (format) {
  case CK_IQ2_S: return ck_iq2_values;
  case CK_IQ3_S: return ck_iq3_values;
  case CK_IQ4_NL:
  case CK_IQ4_XS: return ck_iq4_values;
  case CK_MXFP4: return ck_fp4_values;
  default: return NULL;
  }
}

// Bits of a code when it is multiplied.
CK_INLINE int ck_code_bits(int format) {
  return ck_table_of(format) != NULL ? 8 : ck_layout_of(format).bits;
}

// A format whose products are summed over 16 inputs, not over a tile: most have a scale for each.
CK_INLINE bool ck_has_short_runs(int format) {
  return format == CK_Q2_K || format == CK_Q3_K || format == CK_Q6_K || format == CK_Q8_K ||
         format == CK_IQ2_S || format == CK_IQ3_S || format == CK_IQ4_XS ||
         format == CK_MXFP4 || format == CK_BYTES;
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
