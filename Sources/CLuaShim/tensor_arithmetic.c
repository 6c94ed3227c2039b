// Element-wise arithmetic: with a number, a tensor of the same shape, or a vector for every row.
#include "tensor.h"
#include <string.h>

typedef enum operation { adding, subtracting, multiplying, dividing } operation;

static const char *const operation_names[] = {"add", "sub", "mul", "div"};

// out = a op scale * b over one row; `out` may be `a`.
static void combine(operation op, float *out, const float *a, const float *b, float scale,
                    int64_t count) {
  switch (op) {
  case adding:
    for (int64_t i = 0; i < count; i++) out[i] = a[i] + scale * b[i];
    break;
  case subtracting:
    for (int64_t i = 0; i < count; i++) out[i] = a[i] - scale * b[i];
    break;
  case multiplying:
    for (int64_t i = 0; i < count; i++) out[i] = a[i] * b[i];
    break;
  case dividing:
    for (int64_t i = 0; i < count; i++) out[i] = a[i] / b[i];
    break;
  }
}

// out = a op number, or number op a if `reversed`; `out` may be `a`.
static void combine_number(operation op, float *out, const float *a, float number, bool reversed,
                           int64_t count) {
  switch (op) {
  case adding:
    for (int64_t i = 0; i < count; i++) out[i] = a[i] + number;
    break;
  case subtracting:
    for (int64_t i = 0; i < count; i++) out[i] = reversed ? number - a[i] : a[i] - number;
    break;
  case multiplying:
    for (int64_t i = 0; i < count; i++) out[i] = a[i] * number;
    break;
  case dividing:
    for (int64_t i = 0; i < count; i++) out[i] = reversed ? number / a[i] : a[i] / number;
    break;
  }
}

// target = left op scale * right, where target is `left` or a new tensor of its shape.
static void apply(lua_State *L, operation op, tensor *target, const tensor *left,
                  const tensor *right, float scale) {
  bool per_row = !left->is_vector && right->is_vector && left->columns == right->columns;
  if (!same_shape(left, right) && !per_row) {
    shape_error(L, left, right, operation_names[op]);
    return;
  }
  for (int64_t row = 0; row < left->rows; row++) {
    int64_t offset = row * left->columns;
    combine(op, target->base + offset, left->base + offset,
            right->base + (per_row ? 0 : offset), scale, left->columns);
  }
}

// t:add(other [, scale]) and the like; `in_place` for the names that end in _.
static int method(lua_State *L, operation op, bool in_place) {
  tensor *t = self_tensor(L, in_place ? writing : reading);
  bool scales = op == adding || op == subtracting;
  float scale = 1;
  if (scales && !lua_isnoneornil(L, 3)) {
    if (lua_type(L, 3) != LUA_TNUMBER) return bad_argument(L, 3, "scale", "number");
    scale = (float)lua_tonumber(L, 3);
  } else if (lua_gettop(L) > 2 && !scales) {
    return luaL_error(L, "'%s' takes one argument", operation_names[op]);
  }
  lua_settop(L, 2);
  tensor *target = t;
  if (in_place)
    lua_pushvalue(L, 1);
  else
    target = new_like(L, t);
  if (lua_type(L, 2) == LUA_TNUMBER) {
    float number = (float)lua_tonumber(L, 2) * scale;
    combine_number(op, target->base, t->base, number, false, count_of(t));
    return 1;
  }
  if (!is_tensor(L, 2)) return bad_argument(L, 2, "other", "tensor or number");
  apply(L, op, target, t, tensor_argument(L, 2, "other", reading), scale);
  return 1;
}

static int add(lua_State *L) { return method(L, adding, false); }
static int sub(lua_State *L) { return method(L, subtracting, false); }
static int mul(lua_State *L) { return method(L, multiplying, false); }
static int divide(lua_State *L) { return method(L, dividing, false); }
static int add_here(lua_State *L) { return method(L, adding, true); }
static int sub_here(lua_State *L) { return method(L, subtracting, true); }
static int mul_here(lua_State *L) { return method(L, multiplying, true); }
static int divide_here(lua_State *L) { return method(L, dividing, true); }

// Operators: either side may be the number.
static int operate(lua_State *L, operation op) {
  static const char *const signs[] = {"+", "-", "*", "/"};
  int other = is_tensor(L, 1) ? 2 : 1;
  tensor *t = tensor_argument(L, 3 - other, "operand", reading);
  if (lua_type(L, other) == LUA_TNUMBER) {
    float number = (float)lua_tonumber(L, other);
    tensor *made = new_like(L, t);
    combine_number(op, made->base, t->base, number, other == 1, count_of(t));
    return 1;
  }
  if (!is_tensor(L, other))
    return luaL_error(L, "tensor %s %s: a tensor or a number expected", signs[op],
                      cl_type_name(L, other));
  tensor *left = self_tensor(L, reading), *right = tensor_argument(L, 2, "operand", reading);
  bool swapped = left->is_vector && !right->is_vector && (op == adding || op == multiplying);
  tensor *wide = swapped ? right : left, *narrow = swapped ? left : right;
  apply(L, op, new_like(L, wide), wide, narrow, 1);
  return 1;
}

static int operator_add(lua_State *L) { return operate(L, adding); }
static int operator_sub(lua_State *L) { return operate(L, subtracting); }
static int operator_mul(lua_State *L) { return operate(L, multiplying); }
static int operator_div(lua_State *L) { return operate(L, dividing); }

static int operator_minus(lua_State *L) {
  tensor *t = self_tensor(L, reading);
  tensor *made = new_like(L, t);
  combine_number(multiplying, made->base, t->base, -1, false, count_of(t));
  return 1;
}

static int scale_by(lua_State *L, bool in_place) {
  tensor *t = self_tensor(L, in_place ? writing : reading);
  if (lua_type(L, 2) != LUA_TNUMBER) return bad_argument(L, 2, "factor", "number");
  float factor = (float)lua_tonumber(L, 2);
  tensor *target = t;
  if (in_place)
    lua_settop(L, 1);
  else
    target = new_like(L, t);
  combine_number(multiplying, target->base, t->base, factor, false, count_of(t));
  return 1;
}

static int scale(lua_State *L) { return scale_by(L, false); }
static int scale_here(lua_State *L) { return scale_by(L, true); }

// t:axpy(a, x) = a * x + t; the number and the tensor in either order.
static int axpy_into(lua_State *L, bool in_place) {
  tensor *t = self_tensor(L, in_place ? writing : reading);
  int number = lua_type(L, 2) == LUA_TNUMBER ? 2 : 3;
  if (lua_type(L, number) != LUA_TNUMBER) return bad_argument(L, 2, "a", "number");
  float factor = (float)lua_tonumber(L, number);
  tensor *x = tensor_argument(L, 5 - number, "x", reading);
  tensor *target = t;
  if (in_place)
    lua_pushvalue(L, 1);
  else
    target = new_like(L, t);
  apply(L, adding, target, t, x, factor);
  return 1;
}

static int axpy(lua_State *L) { return axpy_into(L, false); }
static int axpy_here(lua_State *L) { return axpy_into(L, true); }

static int copy_here(lua_State *L) {
  tensor *t = self_tensor(L, writing);
  tensor *other = tensor_argument(L, 2, "other", reading);
  bool per_row = !t->is_vector && other->is_vector && t->columns == other->columns;
  if (!same_shape(t, other) && !per_row) return shape_error(L, t, other, "copy_");
  size_t bytes = (size_t)t->columns * sizeof(float);
  if (!per_row)
    memmove(t->base, other->base, (size_t)t->rows * bytes);
  else
    for (int64_t row = 0; row < t->rows; row++)
      memmove(t->base + row * t->columns, other->base, bytes);
  lua_settop(L, 1);
  return 1;
}

static int fill_here(lua_State *L) {
  tensor *t = self_tensor(L, writing);
  if (lua_type(L, 2) != LUA_TNUMBER) return bad_argument(L, 2, "value", "number");
  float value = (float)lua_tonumber(L, 2);
  for (int64_t i = 0; i < count_of(t); i++) t->base[i] = value;
  lua_settop(L, 1);
  return 1;
}

const luaL_Reg tensor_arithmetic[] = {
    {"add", add},          {"sub", sub},           {"mul", mul},        {"div", divide},
    {"add_", add_here},    {"sub_", sub_here},     {"mul_", mul_here},  {"div_", divide_here},
    {"scale", scale},      {"scale_", scale_here}, {"axpy", axpy},      {"axpy_", axpy_here},
    {"copy_", copy_here},  {"fill_", fill_here},   {NULL, NULL}};

const luaL_Reg tensor_operators[] = {{"__add", operator_add},   {"__sub", operator_sub},
                                     {"__mul", operator_mul},   {"__div", operator_div},
                                     {"__unm", operator_minus}, {NULL, NULL}};
