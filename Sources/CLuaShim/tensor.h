// Tensors in Lua: a userdata that knows where floats are and whether they are still there.
//
// Every function reaches the floats through `checked` (tensor.c): there is no second path.
#ifndef CLUASHIM_TENSOR_H
#define CLUASHIM_TENSOR_H

#include "internal.h"

#pragma STDC FP_CONTRACT OFF  // the same bits on every machine

typedef struct tensor {
  float *base;           // [rows, columns], row-major; NULL once freed
  struct tensor *root;   // itself, or the tensor that this is a part of (kept by a user value)
  void *owner;           // the retained Swift tensor; NULL for parts and for views of a hook
  int64_t rows, columns;
  bool is_vector;        // shape [columns]; rows is 1
  uint64_t scope;        // of a hook's view: the scope that it dies with; else 0
  uint64_t charged;      // bytes counted against the limit
} tensor;

enum access { reading, writing };

// The tensor at an index, or NULL with the reason in `why`; the only door to the floats.
tensor *checked(lua_State *L, int index, enum access access, const char **why);
bool is_tensor(lua_State *L, int index);
// The same for arguments; raises.
tensor *tensor_argument(lua_State *L, int index, const char *name, enum access access);
tensor *self_tensor(lua_State *L, enum access access);
// Makes a zeroed tensor and pushes it; raises above the limit.
tensor *new_tensor(lua_State *L, int64_t rows, int64_t columns, bool is_vector);
tensor *new_like(lua_State *L, const tensor *shape);
// Pushes a part of the tensor at `index`, which it keeps alive.
tensor *push_part(lua_State *L, int index, float *base, int64_t rows, int64_t columns,
                  bool is_vector);
// Pushes "[3, 4]".
const char *push_shape(lua_State *L, const tensor *t);
int shape_error(lua_State *L, const tensor *left, const tensor *right, const char *function);

static inline int64_t count_of(const tensor *t) { return t->rows * t->columns; }
static inline int64_t length_of(const tensor *t) { return t->is_vector ? t->columns : t->rows; }
static inline bool same_shape(const tensor *a, const tensor *b) {
  return a->is_vector == b->is_vector && a->rows == b->rows && a->columns == b->columns;
}
// 1…length, or -1…-length from the end; 0 if it is neither.
static inline int64_t position_in(int64_t index, int64_t length) {
  if (index < 0) index += length + 1;
  return index >= 1 && index <= length ? index : 0;
}

// Sums in float64, in one fixed order.
double dot_product(const float *a, const float *b, int64_t count);
double normal_number(lua_State *L);

extern const luaL_Reg tensor_arithmetic[], tensor_reductions[], tensor_shapes[];
extern const luaL_Reg tensor_makers[], tensor_operators[], tensor_text[], tensor_indexing[];
int tensor_get(lua_State *L);  // __index; upvalue 1: methods

#endif
