// cast.tensor: tensors from numbers, tables, bytes and the run's random stream.
#include "tensor.h"
#include <math.h>
#include <string.h>

static int64_t size_argument(lua_State *L, int argument, const char *name) {
  int is_integer;
  lua_Integer size = lua_tointegerx(L, argument, &is_integer);
  if (lua_type(L, argument) != LUA_TNUMBER || !is_integer || size < 0)
    bad_argument(L, argument, name, "integer of at least 0");
  return size;
}

// (n), (n, m) or {n, m}: pushes a tensor of that shape.
static tensor *shaped(lua_State *L) {
  if (lua_istable(L, 1)) {
    int64_t rank = (int64_t)lua_rawlen(L, 1);
    if (rank < 1 || rank > 2) bad_argument(L, 1, "shape", "table of one or two integers");
    lua_settop(L, 1);
    lua_rawgeti(L, 1, 1);
    if (rank == 2) lua_rawgeti(L, 1, 2);
    lua_remove(L, 1);
  }
  int64_t first = size_argument(L, 1, "n");
  if (lua_isnoneornil(L, 2)) return new_tensor(L, 1, first, true);
  return new_tensor(L, first, size_argument(L, 2, "m"), false);
}

static int zeros(lua_State *L) {
  shaped(L);
  return 1;
}

static int ones(lua_State *L) {
  tensor *t = shaped(L);
  for (int64_t i = 0; i < count_of(t); i++) t->base[i] = 1;
  return 1;
}

// Box–Muller; the second of each pair is not used.
double normal_number(lua_State *L) {
  double radius = sqrt(-2 * log(1 - cl_random_uniform(L)));
  return radius * cos(6.283185307179586 * cl_random_uniform(L));
}

static int randn(lua_State *L) {
  tensor *t = shaped(L);
  for (int64_t i = 0; i < count_of(t); i++) t->base[i] = (float)normal_number(L);
  return 1;
}

// Reads the list on top into `to`; `row` is for messages, 0 for a vector.
static void read_row(lua_State *L, float *to, int64_t count, int64_t row) {
  for (int64_t i = 0; i < count; i++) {
    if (lua_rawgeti(L, -1, i + 1) != LUA_TNUMBER) {
      const char *type = cl_type_name(L, -1);
      if (row) luaL_error(L, "entry [%d][%d] is no number but %s", (int)row, (int)i + 1, type);
      luaL_error(L, "entry [%d] is no number but %s", (int)i + 1, type);
    }
    to[i] = (float)lua_tonumber(L, -1);
    lua_pop(L, 1);
  }
}

// from{1, 2, 3}; from{{1, 2}, {3, 4}}; from(tensor) is a copy.
static int from(lua_State *L) {
  if (is_tensor(L, 1)) {
    tensor *t = tensor_argument(L, 1, "values", reading);
    tensor *made = new_like(L, t);
    memcpy(made->base, t->base, (size_t)count_of(t) * sizeof(float));
    return 1;
  }
  if (!lua_istable(L, 1)) return bad_argument(L, 1, "values", "table of numbers, or of rows");
  lua_settop(L, 1);
  int64_t count = (int64_t)lua_rawlen(L, 1);
  if (lua_rawgeti(L, 1, 1) != LUA_TTABLE) {
    tensor *t = new_tensor(L, 1, count, true);
    lua_pushvalue(L, 1);
    read_row(L, t->base, count, 0);
    lua_pop(L, 1);
    return 1;
  }
  int64_t columns = (int64_t)lua_rawlen(L, 2);
  tensor *t = new_tensor(L, count, columns, false);
  for (int64_t i = 0; i < count; i++) {
    if (lua_rawgeti(L, 1, i + 1) != LUA_TTABLE)
      return luaL_error(L, "row %d is no table but %s", (int)i + 1, cl_type_name(L, -1));
    if ((int64_t)lua_rawlen(L, -1) != columns)
      return luaL_error(L, "row %d has %d entries, row 1 has %d", (int)i + 1,
                        (int)lua_rawlen(L, -1), (int)columns);
    read_row(L, t->base + i * columns, columns, i + 1);
    lua_pop(L, 1);
  }
  return 1;
}

// stack{v, w, …}: vectors of one length become the rows of a matrix.
static int stack(lua_State *L) {
  if (!lua_istable(L, 1)) return bad_argument(L, 1, "vectors", "list of vectors");
  lua_settop(L, 1);
  int64_t count = (int64_t)lua_rawlen(L, 1);
  if (count == 0) return luaL_error(L, "stack of no vectors");
  tensor *made = NULL;
  for (int64_t i = 0; i < count; i++) {
    lua_rawgeti(L, 1, i + 1);
    const char *why;
    tensor *v = checked(L, -1, reading, &why);
    if (!v) return luaL_error(L, "entry %d of 'stack': %s", (int)i + 1, why ? why : "no tensor");
    if (!v->is_vector || (made && v->columns != made->columns))
      return luaL_error(L, "entry %d of 'stack' has shape %s, expected [%I]", (int)i + 1,
                        push_shape(L, v), (LUAI_UACINT)(made ? made->columns : v->columns));
    if (!made) {
      made = new_tensor(L, count, v->columns, false);
      lua_insert(L, 2);
    }
    memcpy(made->base + i * made->columns, v->base, (size_t)v->columns * sizeof(float));
    lua_settop(L, 2);
  }
  return 1;
}

// frombytes(s [, n, m]): little-endian float32, as t:bytes() gives them.
static int frombytes(lua_State *L) {
  size_t length;
  const char *bytes = cl_string(L, 1, &length);
  if (!bytes) return bad_argument(L, 1, "bytes", "string");
  if (length % sizeof(float)) return luaL_error(L, "the length is no multiple of 4 bytes");
  int64_t count = (int64_t)(length / sizeof(float)), first = count, columns = count;
  bool is_vector = lua_isnoneornil(L, 3);
  if (!lua_isnoneornil(L, 2)) first = size_argument(L, 2, "n");
  if (!is_vector) columns = size_argument(L, 3, "m");
  int64_t product = first;
  if (!is_vector && __builtin_mul_overflow(first, columns, &product)) product = -1;
  if (product != count)
    return luaL_error(L, "%I floats do not have the shape that was given", (LUAI_UACINT)count);
  tensor *t = is_vector ? new_tensor(L, 1, first, true) : new_tensor(L, first, columns, false);
  if (length > 0) memcpy(t->base, bytes, length);
  return 1;
}

const luaL_Reg tensor_makers[] = {{"zeros", zeros}, {"ones", ones},   {"randn", randn},
                                  {"from", from},   {"stack", stack}, {"frombytes", frombytes},
                                  {NULL, NULL}};
