// Modules: tables that a script may read but not change, and that explain unknown names.
#include "internal.h"

void set_field(lua_State *L, int table, const char *name) {
  table = lua_absindex(L, table);
  lua_pushstring(L, name);
  lua_insert(L, -2);
  lua_rawset(L, table);
}

// Raises "unknown field …" for argument 2; the names are on top.
int unknown_field(lua_State *L, const char *of) {
  if (lua_type(L, 2) != LUA_TSTRING) {
    lua_pushfstring(L, "%s has no entry of type %s", of, cl_type_name(L, 2));
    return raise_top(L, cl_raise_here);
  }
  size_t length;
  const char *word = lua_tolstring(L, 2, &length);
  push_suggestion(L, -1, word, length);
  lua_pushfstring(L, "unknown field '%s' of %s%s", word, of, lua_tostring(L, -1));
  return raise_top(L, cl_raise_here);
}

// upvalues: fields, name
static int module_index(lua_State *L) {
  lua_pushvalue(L, 2);
  if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) return 1;
  lua_pushvalue(L, lua_upvalueindex(1));
  return unknown_field(L, lua_tostring(L, lua_upvalueindex(2)));
}

static int module_newindex(lua_State *L) {
  push_text(L, 2);
  lua_pushfstring(L, "%s is read-only: '%s' cannot be set", lua_tostring(L, lua_upvalueindex(2)),
                  lua_tostring(L, -1));
  return raise_top(L, cl_raise_here);
}

static int module_pairs(lua_State *L) {
  lua_settop(L, 0);
  lua_pushvalue(L, lua_upvalueindex(1));
  return sorted_pairs(L);
}

void push_module(lua_State *L, const char *name) {
  static const struct {
    const char *event;
    lua_CFunction function;
  } events[] = {{"__index", module_index}, {"__newindex", module_newindex},
                {"__pairs", module_pairs}};
  int fields = lua_gettop(L);
  luaL_checkstack(L, 8, NULL);
  lua_newtable(L);
  lua_newtable(L);
  for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
    lua_pushvalue(L, fields);
    lua_pushstring(L, name);
    lua_pushcclosure(L, events[i].function, 2);
    set_field(L, -2, events[i].event);
  }
  lua_pushboolean(L, 0);
  set_field(L, -2, "__metatable");
  lua_pushstring(L, name);
  set_field(L, -2, "__name");
  lua_setmetatable(L, -2);
  lua_remove(L, fields);
}

void cl_push_module(lua_State *L, const char *name) { push_module(L, name); }

void cl_push_globals(lua_State *L) { lua_pushglobaltable(L); }
