// Base functions with limits: nothing here runs script code once the script was stopped.
#include "internal.h"
#include <string.h>
#include <time.h>

int pass_on(lua_State *L) { return lua_tocfunction(L, lua_upvalueindex(1))(L); }

static int tostring(lua_State *L) {
  luaL_checkany(L, 1);
  push_text(L, 1);
  return 1;
}

static int set_metatable(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  if (lua_type(L, 2) != LUA_TNIL && lua_type(L, 2) != LUA_TTABLE)
    return luaL_typeerror(L, 2, "nil or table");
  if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL)
    return luaL_error(L, "cannot change a protected metatable");
  lua_settop(L, 2);
  if (lua_istable(L, 2)) {
    lua_pushliteral(L, "__gc");
    if (lua_rawget(L, 2) != LUA_TNIL)
      return luaL_error(L, "'__gc' is not available in the sandbox: use <close>");
    lua_pushliteral(L, "__mode");
    if (lua_rawget(L, 2) != LUA_TNIL)
      return luaL_error(L, "'__mode' (weak tables) is not available in the sandbox");
    lua_settop(L, 2);
  }
  lua_setmetatable(L, 1);
  return 1;
}

// upvalue 1: the script's handler. It would run with hooks off if the error came from the hook.
static int guarded_handler(lua_State *L) {
  lua_settop(L, 1);
  if (host_of(L)->stopped) return 1;
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, 1, 1);
  return 1;
}

// upvalue 1: xpcall of the library
static int guarded_xpcall(lua_State *L) {
  luaL_checktype(L, 2, LUA_TFUNCTION);
  lua_pushvalue(L, 2);
  lua_pushcclosure(L, guarded_handler, 1);
  lua_replace(L, 2);
  return pass_on(L);
}

static int fail(lua_State *L) {  // nil and the message on top
  lua_pushnil(L);
  lua_insert(L, -2);
  return 2;
}

static int load(lua_State *L) {
  if (lua_type(L, 1) != LUA_TSTRING)
    return luaL_error(L, "load takes a string: reader functions are not available in the sandbox");
  size_t length;
  const char *text = lua_tolstring(L, 1, &length);
  const char *name = luaL_optstring(L, 2, text);
  const char *mode = luaL_optstring(L, 3, "t");
  if (length > host_of(L)->limits.source_bytes) {
    lua_pushfstring(L, "the source is too large (%d bytes, limit %d)", (int)length,
                    (int)host_of(L)->limits.source_bytes);
    return fail(L);
  }
  int status = luaL_loadbufferx(L, text, length, name, strchr(mode, 't') ? "t" : "b");
  if (status == LUA_OK && !strchr(mode, 't')) {
    lua_pushliteral(L, "binary chunks are not available in the sandbox");
    return fail(L);
  }
  if (status != LUA_OK) return fail(L);
  if (!lua_isnone(L, 4)) {
    lua_pushvalue(L, 4);
    if (!lua_setupvalue(L, -2, 1)) lua_pop(L, 1);
  }
  return 1;
}

static int collect_garbage(lua_State *L) {
  const char *option = luaL_optstring(L, 1, "collect");
  if (strcmp(option, "count") == 0) {
    lua_pushnumber(L, (lua_Number)host_of(L)->used / 1024);
    return 1;
  }
  if (strcmp(option, "collect") == 0 || strcmp(option, "step") == 0) {
    lua_pushinteger(L, 0);
    return 1;
  }
  return luaL_error(L, "collectgarbage('%s') is not available in the sandbox", option);
}

int debug_traceback(lua_State *L) {
  lua_State *of = lua_isthread(L, 1) ? lua_tothread(L, 1) : L;
  int message = of == L ? 1 : 2;
  if (lua_gettop(L) >= message && !lua_isnil(L, message) && lua_type(L, message) != LUA_TSTRING) {
    lua_pushvalue(L, message);
    return 1;
  }
  int level = (int)luaL_optinteger(L, message + 1, of == L ? 1 : 0);
  size_t length = 0;
  const char *text = cl_string(L, message, &length);
  luaL_Buffer buffer;
  push_traceback(L, of, level < 0 ? 0 : level);
  const char *frames = lua_tostring(L, -1);
  luaL_buffinit(L, &buffer);
  if (text) {
    luaL_addlstring(&buffer, text, length);
    luaL_addchar(&buffer, '\n');
  }
  luaL_addstring(&buffer, "stack traceback:\n\t");
  luaL_addgsub(&buffer, frames, "\n", "\n\t");
  luaL_pushresult(&buffer);
  return 1;
}

void sandbox_base(lua_State *L) {
  static const luaL_Reg functions[] = {{"print", print},
                                       {"tostring", tostring},
                                       {"setmetatable", set_metatable},
                                       {"load", load},
                                       {"collectgarbage", collect_garbage},
                                       {NULL, NULL}};
  lua_getfield(L, -1, "xpcall");
  lua_pushcclosure(L, guarded_xpcall, 1);
  lua_setfield(L, -3, "xpcall");
  lua_pushvalue(L, -2);
  luaL_setfuncs(L, functions, 0);
  lua_pop(L, 1);
}

// MARK: os

static lua_Integer now(lua_State *L) {
  host *h = host_of(L);
  return h->allow_clock ? (lua_Integer)time(NULL) : h->start_time;
}

static int os_clock(lua_State *L) {
  lua_pushnumber(L, cl_lua_time(L));
  return 1;
}

// upvalue 1: os.time of the library
static int os_time(lua_State *L) {
  if (lua_isnoneornil(L, 1)) {
    lua_pushinteger(L, now(L));
    return 1;
  }
  luaL_checktype(L, 1, LUA_TTABLE);
  return pass_on(L);
}

// upvalue 1: os.date of the library
static int os_date(lua_State *L) {
  lua_settop(L, 2);
  if (lua_isnil(L, 1)) {
    lua_pushliteral(L, "%c");
    lua_replace(L, 1);
  }
  if (lua_isnil(L, 2)) {
    lua_pushinteger(L, now(L));
    lua_replace(L, 2);
  }
  return pass_on(L);
}

void sandbox_os(lua_State *L) {
  lua_pushcfunction(L, os_clock);
  lua_setfield(L, -3, "clock");
  lua_getfield(L, -1, "time");
  lua_pushcclosure(L, os_time, 1);
  lua_setfield(L, -3, "time");
  lua_getfield(L, -1, "date");
  lua_pushcclosure(L, os_date, 1);
  lua_setfield(L, -3, "date");
}
