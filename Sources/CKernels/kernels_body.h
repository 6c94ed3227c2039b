// All kernels of one kind of machine; the includer defines CK(), CK_AVX2, CK_VNNI and the tile
// sizes.
#include "vector_helpers.h"

#include "math_kernels.h"

#include "attention_kernels.h"
#include "scale_kernels.h"

#include "grid_kernels.h"
#include "matrix_kernels.h"

#include "codes_kernels.h"

#include "integer_kernels.h"
#include "pack_kernels.h"
#include "rows_kernels.h"

#define CK_TABLE(machine)                                                                          \
  {                                                                                                \
      .name = machine,                                                                             \
      .pack_band = CK(pack_band),                                                                  \
      .direct_part = CK(direct_part),                                                              \
      .direct_words = CK(direct_words),                                                            \
      .direct_bytes = CK(direct_bytes),                                                            \
      .panel_part = CK(panel_part),                                                                \
      .panel_words = CK(panel_words),                                                              \
      .panel_bytes = CK(panel_bytes),                                                              \
      .round_rows = CK(round_rows),                                                                \
      .rms_norm = CK(rms_norm),                                                                    \
      .layer_norm = CK(layer_norm),                                                                \
      .add = CK(add),                                                                              \
      .add_row = CK(add_row),                                                                      \
      .scale = CK(scale),                                                                          \
      .gate = CK(gate),                                                                            \
      .soft_cap = CK(soft_cap),                                                                    \
      .exponential = CK(exponential),                                                              \
      .softmax = CK(softmax),                                                                      \
      .log_sum_exp = CK(log_sum_exp),                                                              \
      .index_of_largest = CK(index_of_largest),                                                    \
      .dot = CK(dot),                                                                              \
      .add_scaled = CK(add_scaled),                                                                \
      .rotate = CK(rotate),                                                                        \
      .attend = CK(attend),                                                                        \
  }
