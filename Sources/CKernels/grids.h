// The formats whose blocks hold numbers of entries of a grid: GGUF's IQ1, IQ2 and IQ3.
//
// The elements of an entry are magnitudes whose signs the block holds apart; IQ1 moves the elements
// of an entry by an eighth instead. A scale is d * (2 * factor + 1), for 16 elements.
#ifndef CK_GRIDS_H
#define CK_GRIDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "CKernelsMatrix.h"

// A byte for each element of an entry, the first lowest.
extern const uint64_t ck_grid_iq1[2048];
extern const uint64_t ck_grid_iq2_xxs[256];
extern const uint64_t ck_grid_iq2_xs[512];
extern const uint64_t ck_grid_iq2_s[1024];
extern const uint32_t ck_grid_iq3_xxs[256];
extern const uint32_t ck_grid_iq3_s[512];

typedef struct {
  const void *entries;
  int elements; // of an entry, 8 or 4; 0 for formats without a grid
  int high;     // bits of a number above its low 8 in a tile, where tiles hold numbers
  bool is_signed;
  float unit; // of the elements: what scales are multiplied with
} ck_grid;

static inline ck_grid ck_grid_of(int format) {
  switch (format) {
  case CK_IQ1_S:
  case CK_IQ1_M: return (ck_grid){ck_grid_iq1, 8, 4, false, 0.125f};
  case CK_IQ2_XXS: return (ck_grid){ck_grid_iq2_xxs, 8, 0, true, 0.125f};
  case CK_IQ2_XS: return (ck_grid){ck_grid_iq2_xs, 8, 2, true, 0.125f};
  case CK_IQ2_S: return (ck_grid){ck_grid_iq2_s, 8, 0, true, 0.125f};
  case CK_IQ3_XXS: return (ck_grid){ck_grid_iq3_xxs, 4, 0, true, 0.25f};
  case CK_IQ3_S: return (ck_grid){ck_grid_iq3_s, 4, 0, true, 1};
  default: return (ck_grid){NULL, 0, 0, false, 1};
  }
}

// One block, read.
typedef struct {
  uint32_t d;           // a half float
  uint8_t factors[16];  // of each 16 elements
  uint16_t numbers[64]; // of entries; bit 11 says that IQ1's elements are an eighth less, not more
  uint8_t signs[32];    // of each 8 elements, a bit each
} ck_grid_block;

void ck_read_grid_block(int format, const uint8_t *block, ck_grid_block *read);

#endif
