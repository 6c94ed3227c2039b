// `string` and `table` with bounds on work that no hook interrupts.
#include "internal.h"

enum { most_elements = 10 * 1000 * 1000 };

// MARK: string

static int rep(lua_State *L) {
  size_t length, separator = 0;
  luaL_checklstring(L, 1, &length);
  lua_Integer count = luaL_checkinteger(L, 2);
  luaL_optlstring(L, 3, "", &separator);
  if (count <= 0 || length + separator == 0) {
    lua_pushliteral(L, "");
    return 1;
  }
  if ((uint64_t)count > host_of(L)->limits.soft_memory / (length + separator))
    return luaL_error(L, "resulting string too large");
  return pass_on(L);
}

static void wrap(lua_State *L, const char *name, lua_CFunction function) {
  lua_getfield(L, -1, name);
  lua_pushcclosure(L, function, 1);
  lua_setfield(L, -3, name);
}

void sandbox_string(lua_State *L) {
  wrap(L, "rep", rep);
  sandbox_pattern(L);
  lua_getfield(L, -1, "format");
  lua_rawsetp(L, LUA_REGISTRYINDEX, &format_key);
  lua_pushcfunction(L, format);
  lua_setfield(L, -3, "format");
  // The metatable that all strings share shows the new table, and is not to be had.
  lua_pushliteral(L, "");
  lua_getmetatable(L, -1);
  lua_pushvalue(L, -4);
  lua_setfield(L, -2, "__index");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 2);
}

// MARK: table

// The length of a table; a length that `__len` made up is bounded.
int64_t bounded_length(lua_State *L, int index, const char *function) {
  bool honest = luaL_getmetafield(L, index, "__len") == LUA_TNIL;
  if (honest) return (int64_t)lua_rawlen(L, index);
  lua_pop(L, 1);
  lua_Integer length = luaL_len(L, index);
  if (length > most_elements)
    luaL_error(L, "table too large for %s (length %I)", function, (LUAI_UACINT)length);
  return length;
}

static void check_table(lua_State *L) {
  if (lua_type(L, 1) != LUA_TTABLE) luaL_checktype(L, 1, LUA_TTABLE);
}

static int insert(lua_State *L) {
  check_table(L);
  lua_Integer end = bounded_length(L, 1, "table.insert") + 1;
  int count = lua_gettop(L);
  if (count != 2 && count != 3) return luaL_error(L, "wrong number of arguments to 'insert'");
  if (count == 3) {
    lua_Integer position = luaL_checkinteger(L, 2);
    luaL_argcheck(L, (lua_Unsigned)position - 1u < (lua_Unsigned)end, 2, "position out of bounds");
  }
  return pass_on(L);
}

static int take_out(lua_State *L) {
  check_table(L);
  lua_Integer length = bounded_length(L, 1, "table.remove");
  if (lua_gettop(L) > 1) {
    lua_Integer position = luaL_checkinteger(L, 2);
    if (position != length)
      luaL_argcheck(L, (lua_Unsigned)position - 1u <= (lua_Unsigned)length, 2,
                    "position out of bounds");
  }
  return pass_on(L);
}

static int move(lua_State *L) {
  check_table(L);
  lua_Integer from = luaL_checkinteger(L, 2), to = luaL_checkinteger(L, 3);
  luaL_checkinteger(L, 4);
  if (to >= from && (lua_Unsigned)to - (lua_Unsigned)from >= most_elements)
    return luaL_error(L, "too many elements to move");
  return pass_on(L);
}

static int concat(lua_State *L) {
  check_table(L);
  luaL_optstring(L, 2, "");
  lua_Integer from = luaL_optinteger(L, 3, 1);
  lua_Integer to = lua_isnoneornil(L, 4) ? bounded_length(L, 1, "table.concat")
                                         : luaL_checkinteger(L, 4);
  if (to >= from && (lua_Unsigned)to - (lua_Unsigned)from >= 2 * (lua_Unsigned)most_elements)
    return luaL_error(L, "too many elements to concatenate");
  return pass_on(L);
}

static int sort(lua_State *L) {
  check_table(L);
  bounded_length(L, 1, "table.sort");
  if (!lua_isnoneornil(L, 2)) luaL_checktype(L, 2, LUA_TFUNCTION);
  return pass_on(L);
}

static int unpack(lua_State *L) {
  if (lua_istable(L, 1) && lua_isnoneornil(L, 3)) bounded_length(L, 1, "table.unpack");
  luaL_optinteger(L, 2, 1);
  return pass_on(L);
}

const char sort_key;

void sandbox_table(lua_State *L) {
  lua_getfield(L, -1, "sort");
  lua_rawsetp(L, LUA_REGISTRYINDEX, &sort_key);
  wrap(L, "insert", insert);
  wrap(L, "remove", take_out);
  wrap(L, "move", move);
  wrap(L, "concat", concat);
  wrap(L, "sort", sort);
  wrap(L, "unpack", unpack);
}
