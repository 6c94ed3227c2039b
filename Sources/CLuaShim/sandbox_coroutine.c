// Coroutines: a new one starts with a fresh hook counter, and closing one that the hook ended runs
// its handlers with hooks off, so both look at the stop switch first.
#include "internal.h"

enum { close_limit = 16 };

static int create(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  check_stop(L);
  lua_State *co = lua_newthread(L);
  lua_pushvalue(L, 1);
  lua_xmove(L, co, 1);
  return 1;
}

static lua_State *to_coroutine(lua_State *L) {
  lua_State *co = lua_tothread(L, 1);
  if (!co) luaL_typeerror(L, 1, "coroutine");
  return co;
}

// Moves `arguments` values into `co` and runs it; the results or the error are moved to L. Returns
// the number of results, or -1 with the error on top.
static int run(lua_State *L, lua_State *co, int arguments) {
  host *h = host_of(L);
  if (h->stopped) return raise_stop(L, h, h->stopped);
  if (!lua_checkstack(co, arguments + 2)) {
    lua_pushliteral(L, "too many arguments to resume");
    return -1;
  }
  lua_xmove(L, co, arguments);
  h->current = co;
  if (h->over) install_hook(co, 1);
  int results;
  int status = lua_resume(co, L, arguments, &results);
  h->current = L;
  if (h->over || h->stopped) install_hook(L, 1);
  if (status == LUA_OK || status == LUA_YIELD) {
    if (lua_checkstack(L, results + 2)) {
      lua_xmove(co, L, results);
      return results;
    }
    lua_settop(co, -results - 1);
    lua_pushliteral(L, "too many results to resume");
    return -1;
  }
  lua_xmove(co, L, 1);
  return -1;
}

static int resume(lua_State *L) {
  lua_State *co = to_coroutine(L);
  int results = run(L, co, lua_gettop(L) - 1);
  lua_pushboolean(L, results >= 0);
  int values = results >= 0 ? results : 1;
  lua_insert(L, -values - 1);
  return values + 1;
}

// Closes the pending variables of `co`; the error, if any, is left on the stack of `co`.
static int close_pending(lua_State *L, lua_State *co) {
  host *h = host_of(L);
  if (h->stopped) return raise_stop(L, h, h->stopped);
  if (h->close_depth >= close_limit)
    return luaL_error(L, "C stack overflow (coroutines closed inside each other)");
  h->close_depth++;
  h->current = co;
  if (h->over) install_hook(co, 1);
#if LUA_VERSION_RELEASE_NUM >= 50406
  int status = lua_closethread(co, L);
#else
  int status = lua_resetthread(co);
#endif
  h->current = L;
  h->close_depth--;
  if (h->over || h->stopped) install_hook(L, 1);
  return status;
}

static int run_wrapped(lua_State *L) {
  lua_State *co = lua_tothread(L, lua_upvalueindex(1));
  int results = run(L, co, lua_gettop(L));
  if (results >= 0) return results;
  int status = lua_status(co);
  if (status != LUA_OK && status != LUA_YIELD) keep_inner_traceback(L, co);
  if (status != LUA_OK && status != LUA_YIELD && !host_of(L)->stopped) {
    if (close_pending(L, co) != LUA_OK) {
      lua_pop(L, 1);
      lua_xmove(co, L, 1);
    }
  }
  return lua_error(L);
}

static int wrap(lua_State *L) {
  create(L);
  lua_pushcclosure(L, run_wrapped, 1);
  return 1;
}

static int close(lua_State *L) {
  lua_State *co = to_coroutine(L);
  lua_Debug frame;
  const char *state = NULL;
  if (co == L)
    state = "running";
  else if (lua_status(co) == LUA_OK && lua_getstack(co, 0, &frame))
    state = "normal";
  if (state) return luaL_error(L, "cannot close a %s coroutine", state);
  if (close_pending(L, co) == LUA_OK) {
    lua_pushboolean(L, 1);
    return 1;
  }
  lua_pushboolean(L, 0);
  lua_xmove(co, L, 1);
  return 2;
}

void sandbox_coroutine(lua_State *L) {
  static const luaL_Reg functions[] = {{"create", create}, {"resume", resume}, {"wrap", wrap},
                                       {"close", close},   {NULL, NULL}};
  lua_pushvalue(L, -2);
  luaL_setfuncs(L, functions, 0);
  lua_pop(L, 1);
}
