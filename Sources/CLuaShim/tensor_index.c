// t[i], t[i] = x, t.name and #t.
#include "tensor.h"
#include <string.h>

static int64_t index_argument(lua_State *L, const tensor *t) {
  int is_integer;
  lua_Integer index = lua_tointegerx(L, 2, &is_integer);
  if (lua_type(L, 2) == LUA_TNUMBER && is_integer && index >= 1 && index <= length_of(t))
    return index - 1;
  push_text(L, 2);
  const char *shape = push_shape(L, t);
  if (lua_type(L, 2) != LUA_TNUMBER)
    luaL_error(L, "index of a tensor must be a number, got a %s", cl_type_name(L, 2));
  return luaL_error(L, "index %s is outside of a tensor of shape %s (loop with t:iter())",
                    lua_tostring(L, -2), shape);
}

// upvalue 1: methods
int tensor_get(lua_State *L) {
  const char *why;
  if (lua_type(L, 2) == LUA_TSTRING) {
    if (!is_tensor(L, 1)) return bad_argument(L, 1, "self", "tensor");
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) return 1;
    size_t length;
    const char *name = lua_tolstring(L, 2, &length);
    tensor *t = self_tensor(L, reading);
    if (strcmp(name, "shape") == 0) {
      lua_createtable(L, 2, 0);
      if (!t->is_vector) {
        lua_pushinteger(L, t->rows);
        lua_rawseti(L, -2, 1);
      }
      lua_pushinteger(L, t->columns);
      lua_rawseti(L, -2, t->is_vector ? 1 : 2);
      return 1;
    }
    push_suggestion(L, lua_upvalueindex(1), name, length);
    return luaL_error(L, "unknown field '%s' of tensor%s", name, lua_tostring(L, -1));
  }
  tensor *t = checked(L, 1, reading, &why);
  if (!t) t = self_tensor(L, reading);
  int64_t index = index_argument(L, t);
  if (t->is_vector)
    lua_pushnumber(L, t->base[index]);
  else
    push_part(L, 1, t->base + index * t->columns, 1, t->columns, true);
  return 1;
}

static int set(lua_State *L) {
  tensor *t = self_tensor(L, writing);
  if (lua_type(L, 2) == LUA_TSTRING)
    return luaL_error(L, "field '%s' of tensor cannot be set", lua_tostring(L, 2));
  int64_t index = index_argument(L, t);
  if (t->is_vector) {
    if (lua_type(L, 3) != LUA_TNUMBER) return bad_argument(L, 3, "value", "number");
    t->base[index] = (float)lua_tonumber(L, 3);
    return 0;
  }
  tensor *row = tensor_argument(L, 3, "row", reading);
  if (!row->is_vector || row->columns != t->columns) return shape_error(L, t, row, "t[i] = row");
  memmove(t->base + index * t->columns, row->base, (size_t)t->columns * sizeof(float));
  return 0;
}

static int length(lua_State *L) {
  lua_pushinteger(L, length_of(self_tensor(L, reading)));
  return 1;
}

const luaL_Reg tensor_indexing[] = {{"__newindex", set}, {"__len", length}, {NULL, NULL}};
