// Parts, copies, products and texts of tensors.
#include "tensor.h"
#include <stdio.h>
#include <string.h>

static int clone(lua_State *L) {
  tensor *t = self_tensor(L, reading);
  tensor *made = new_like(L, t);
  memcpy(made->base, t->base, (size_t)count_of(t) * sizeof(float));
  return 1;
}

// A position, 1… or -1… from the end; raises outside of 1…length.
static int64_t position_argument(lua_State *L, int argument, const char *name, int64_t length) {
  int is_integer;
  lua_Integer given = lua_tointegerx(L, argument, &is_integer);
  if (lua_type(L, argument) != LUA_TNUMBER || !is_integer)
    bad_argument(L, argument, name, "integer");
  int64_t position = position_in(given, length);
  if (position == 0)
    luaL_error(L, "'%s' %I is outside of 1…%I", name, (LUAI_UACINT)given, (LUAI_UACINT)length);
  return position;
}

static int row(lua_State *L) {
  tensor *t = self_tensor(L, reading);
  if (t->is_vector) return luaL_error(L, "a vector has no rows: use t[i] or t:slice()");
  int64_t at = position_argument(L, 2, "i", t->rows);
  push_part(L, 1, t->base + (at - 1) * t->columns, 1, t->columns, true);
  return 1;
}

// Entries from…to as a part: elements of a vector, rows of a matrix. An empty range is an error.
static int range(lua_State *L, tensor *t) {
  int64_t length = length_of(t);
  int64_t from = position_argument(L, 2, "from", length);
  int64_t to = lua_isnoneornil(L, 3) ? length : position_argument(L, 3, "to", length);
  if (from > to)
    return luaL_error(L, "the range %I…%I is empty", (LUAI_UACINT)from, (LUAI_UACINT)to);
  if (t->is_vector)
    push_part(L, 1, t->base + from - 1, 1, to - from + 1, true);
  else
    push_part(L, 1, t->base + (from - 1) * t->columns, to - from + 1, t->columns, false);
  return 1;
}

static int slice(lua_State *L) { return range(L, self_tensor(L, reading)); }

// t:rows(from, to) is a part; t:rows{3, 1, 3} is a copy.
static int rows(lua_State *L) {
  tensor *t = self_tensor(L, reading);
  if (t->is_vector) return luaL_error(L, "a vector has no rows: use t:slice()");
  if (!lua_istable(L, 2)) return range(L, t);
  lua_settop(L, 2);
  int64_t count = (int64_t)lua_rawlen(L, 2);
  tensor *made = new_tensor(L, count, t->columns, false);
  for (int64_t i = 0; i < count; i++) {
    lua_rawgeti(L, 2, i + 1);
    int64_t at = position_argument(L, -1, "row", t->rows);
    lua_pop(L, 1);
    memcpy(made->base + i * t->columns, t->base + (at - 1) * t->columns,
           (size_t)t->columns * sizeof(float));
  }
  return 1;
}

static int reshape(lua_State *L) {
  tensor *t = self_tensor(L, reading);
  bool is_vector = lua_isnoneornil(L, 3);
  lua_Integer first = luaL_checkinteger(L, 2), second = is_vector ? 1 : luaL_checkinteger(L, 3);
  int64_t count;
  if (first < 0 || second < 0 || __builtin_mul_overflow(first, second, &count) ||
      count != count_of(t))
    return luaL_error(L, "a tensor of shape %s cannot be reshaped to %I x %I", push_shape(L, t),
                      (LUAI_UACINT)first, (LUAI_UACINT)second);
  push_part(L, 1, t->base, is_vector ? 1 : first, is_vector ? first : second, is_vector);
  return 1;
}

static int transpose(lua_State *L) {
  tensor *t = self_tensor(L, reading);
  int64_t r = t->is_vector ? 1 : t->rows, c = t->columns;
  tensor *made = new_tensor(L, c, r, false);
  for (int64_t i = 0; i < r; i++)
    for (int64_t j = 0; j < c; j++) made->base[j * r + i] = t->base[i * c + j];
  return 1;
}

// [n, k] x [k, m], [n, k] x [k], [k] x [k, m]; two vectors give their dot product.
static int matmul(lua_State *L) {
  tensor *a = self_tensor(L, reading), *b = tensor_argument(L, 2, "other", reading);
  int64_t inner = b->is_vector ? b->columns : b->rows;
  if (a->columns != inner) return shape_error(L, a, b, "matmul");
  if (a->is_vector && b->is_vector) {
    lua_pushnumber(L, dot_product(a->base, b->base, inner));
    return 1;
  }
  if (b->is_vector) {
    tensor *made = new_tensor(L, 1, a->rows, true);
    for (int64_t i = 0; i < a->rows; i++)
      made->base[i] = (float)dot_product(a->base + i * inner, b->base, inner);
    return 1;
  }
  if ((double)a->rows * (double)inner * (double)b->columns > 2e10)
    return luaL_error(L, "matmul of this size is not for a recipe");
  tensor *made = new_tensor(L, a->rows, b->columns, a->is_vector);
  int64_t width = b->columns;
  double *sums = lua_newuserdatauv(L, (size_t)width * sizeof *sums, 0);
  for (int64_t i = 0; i < a->rows; i++) {
    check_stop(L);
    memset(sums, 0, (size_t)width * sizeof *sums);
    for (int64_t k = 0; k < inner; k++) {
      double factor = a->base[i * inner + k];
      for (int64_t j = 0; j < width; j++) sums[j] += factor * b->base[k * width + j];
    }
    for (int64_t j = 0; j < width; j++) made->base[i * width + j] = (float)sums[j];
  }
  lua_pop(L, 1);
  return 1;
}

// MARK: To Lua

static void push_row_table(lua_State *L, const float *x, int64_t count) {
  lua_createtable(L, (int)count, 0);
  for (int64_t i = 0; i < count; i++) {
    lua_pushnumber(L, x[i]);
    lua_rawseti(L, -2, i + 1);
  }
}

static int totable(lua_State *L) {
  tensor *t = self_tensor(L, reading);
  if (count_of(t) > (1 << 26)) return luaL_error(L, "tensor too large for a table");
  if (t->is_vector) {
    push_row_table(L, t->base, t->columns);
    return 1;
  }
  lua_createtable(L, (int)t->rows, 0);
  for (int64_t i = 0; i < t->rows; i++) {
    push_row_table(L, t->base + i * t->columns, t->columns);
    lua_rawseti(L, -2, i + 1);
  }
  return 1;
}

static int bytes(lua_State *L) {
  tensor *t = self_tensor(L, reading);
  lua_pushlstring(L, (const char *)t->base, (size_t)count_of(t) * sizeof(float));
  return 1;
}

// upvalues of the loop: tensor, position
static int next_entry(lua_State *L) {
  lua_settop(L, 0);
  lua_pushvalue(L, lua_upvalueindex(1));
  tensor *t = self_tensor(L, reading);
  int64_t at = lua_tointeger(L, lua_upvalueindex(2));
  if (at >= length_of(t)) return 0;
  lua_pushinteger(L, at + 1);
  lua_copy(L, -1, lua_upvalueindex(2));
  if (t->is_vector)
    lua_pushnumber(L, t->base[at]);
  else
    push_part(L, 1, t->base + at * t->columns, 1, t->columns, true);
  return 2;
}

static int iter(lua_State *L) {
  self_tensor(L, reading);
  lua_settop(L, 1);
  lua_pushinteger(L, 0);
  lua_pushcclosure(L, next_entry, 2);
  return 1;
}

static int map(lua_State *L) {
  tensor *t = self_tensor(L, reading);
  if (lua_type(L, 2) != LUA_TFUNCTION) return bad_argument(L, 2, "fn", "function");
  tensor *made = new_like(L, t);
  for (int64_t i = 0; i < count_of(t); i++) {
    lua_pushvalue(L, 2);
    lua_pushnumber(L, self_tensor(L, reading)->base[i]);  // fn may have freed it
    lua_call(L, 1, 1);
    if (lua_type(L, -1) != LUA_TNUMBER)
      return luaL_error(L, "the function of 'map' returned a %s, not a number",
                        cl_type_name(L, -1));
    made->base[i] = (float)lua_tonumber(L, -1);
    lua_pop(L, 1);
  }
  return 1;
}

static void add_values(luaL_Buffer *buffer, const float *x, int64_t count) {
  enum { head = 6, tail = 2 };
  char text[32];
  luaL_addchar(buffer, '{');
  for (int64_t i = 0; i < count; i++) {
    if (count > head + tail && i == head) {
      luaL_addstring(buffer, ", …");
      i = count - tail;
    }
    snprintf(text, sizeof text, i == 0 ? "%.4g" : ", %.4g", x[i]);
    luaL_addstring(buffer, text);
  }
  luaL_addchar(buffer, '}');
}

static int to_text(lua_State *L) {
  enum { head = 4, tail = 1 };
  const char *why;
  tensor *t = checked(L, 1, reading, &why);
  if (!t) {
    lua_pushfstring(L, "tensor (%s)", why ? why : "not a tensor");
    return 1;
  }
  const char *shape = push_shape(L, t);
  luaL_Buffer buffer;
  luaL_buffinit(L, &buffer);
  luaL_addstring(&buffer, "tensor ");
  luaL_addstring(&buffer, shape);
  if (t->is_vector) {
    luaL_addchar(&buffer, ' ');
    add_values(&buffer, t->base, t->columns);
  }
  for (int64_t i = 0; !t->is_vector && i < t->rows; i++) {
    if (t->rows > head + tail && i == head) {
      luaL_addstring(&buffer, "\n  …");
      i = t->rows - tail;
    }
    luaL_addstring(&buffer, "\n  ");
    add_values(&buffer, t->base + i * t->columns, t->columns);
  }
  luaL_pushresult(&buffer);
  return 1;
}

const luaL_Reg tensor_shapes[] = {{"clone", clone},     {"row", row},       {"rows", rows},
                                  {"slice", slice},     {"reshape", reshape},
                                  {"t", transpose},     {"matmul", matmul}, {"totable", totable},
                                  {"bytes", bytes},     {"iter", iter},     {"map", map},
                                  {"tostring", to_text}, {NULL, NULL}};
const luaL_Reg tensor_text[] = {{"__tostring", to_text}, {NULL, NULL}};
