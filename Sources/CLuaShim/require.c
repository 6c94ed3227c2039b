// `require`: Swift finds the text of a module, C compiles and runs it, so an error in the module
// passes through no Swift frame.
#include "internal.h"

static const char loaded_key;

static void push_loaded(lua_State *L) {
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &loaded_key) == LUA_TTABLE) return;
  lua_pop(L, 1);
  lua_newtable(L);
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &loaded_key);
}

// upvalue 1: the finder, name -> text, chunk name
static int require(lua_State *L) {
  if (lua_type(L, 1) != LUA_TSTRING) return bad_argument(L, 1, "name", "string");
  lua_settop(L, 1);
  push_loaded(L);  // 2
  lua_pushvalue(L, 1);
  lua_rawget(L, 2);
  if (lua_islightuserdata(L, 3)) {
    lua_pushfstring(L, "module '%s' requires itself, or failed when it was first required",
                    lua_tostring(L, 1));
    return raise_top(L, cl_raise_here);
  }
  if (!lua_isnil(L, 3)) return 1;
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_pushvalue(L, 1);
  lua_call(L, 1, 2);  // 4: text, 5: chunk name
  size_t length = 0;
  const char *text = cl_string(L, 4, &length);
  const char *chunk = cl_string(L, 5, NULL);
  if (!text || !chunk) return luaL_error(L, "module '%s' has no text", lua_tostring(L, 1));
  if (luaL_loadbufferx(L, text, length, chunk, "t") != LUA_OK) return lua_error(L);
  lua_pushvalue(L, 1);
  lua_pushlightuserdata(L, (void *)&loaded_key);
  lua_rawset(L, 2);
  lua_pushvalue(L, 1);
  lua_call(L, 1, 1);
  if (lua_isnil(L, -1)) {
    lua_pushboolean(L, 1);
    lua_replace(L, -2);
  }
  lua_pushvalue(L, 1);
  lua_pushvalue(L, -2);
  lua_rawset(L, 2);
  return 1;
}

void cl_push_require(lua_State *L, int32_t finder) {
  cl_push_function(L, finder);
  lua_pushcclosure(L, require, 1);
}

void cl_set_loaded(lua_State *L, const char *name) {
  push_loaded(L);
  lua_pushstring(L, name);
  lua_pushvalue(L, -3);
  lua_rawset(L, -3);
  lua_pop(L, 2);
}
