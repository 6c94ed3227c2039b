// Protected calls, positions and tracebacks: frames of the user's code only.
#include "internal.h"
#include <stdio.h>
#include <string.h>

static const char traceback_key, inner_key;

// The innermost Lua function from `level` on; false if only C is running.
static bool lua_frame(lua_State *L, int level, lua_Debug *frame) {
  for (; lua_getstack(L, level, frame); level++) {
    lua_getinfo(L, "Sl", frame);
    if (frame->currentline > 0) return true;
  }
  return false;
}

void push_where(lua_State *L) {
  lua_Debug frame;
  if (lua_frame(L, 0, &frame))
    lua_pushfstring(L, "%s:%d: ", frame.short_src, frame.currentline);
  else
    lua_pushliteral(L, "");
}

bool cl_where(lua_State *L, char *source, size_t capacity, int *line) {
  lua_Debug frame;
  if (!lua_frame(host_of(L)->current, 0, &frame)) return false;
  snprintf(source, capacity, "%s", frame.short_src);
  *line = frame.currentline;
  return true;
}

static void add_frame(luaL_Buffer *buffer, lua_Debug *frame) {
  char text[LUA_IDSIZE + 160];
  int written = snprintf(text, sizeof text, "%s:%d: in ", frame->short_src, frame->currentline);
  size_t used = written < 0 ? 0 : (size_t)written;
  size_t left = sizeof text - used;
  if (*frame->what == 'm')
    snprintf(text + used, left, "main chunk");
  else if (*frame->namewhat != '\0')
    snprintf(text + used, left, "%s '%.100s'", frame->namewhat, frame->name);
  else
    snprintf(text + used, left, "function <%s:%d>", frame->short_src, frame->linedefined);
  luaL_addstring(buffer, text);
}

// The level below the last frame; finding a frame costs its depth, so this is a binary search.
static int levels_of(lua_State *L) {
  lua_Debug frame;
  int low = 0, high = 1;
  while (lua_getstack(L, high, &frame)) {
    low = high;
    high *= 2;
  }
  while (low + 1 < high) {
    int middle = (low + high) / 2;
    if (lua_getstack(L, middle, &frame))
      low = middle;
    else
      high = middle;
  }
  return high;
}

// Pushes the Lua frames of `of`, innermost first, one a line; the middle of a long stack is left
// out.
void push_traceback(lua_State *L, lua_State *of, int level) {
  enum { head = 24, tail = 16 };
  luaL_checkstack(L, 20, NULL);
  lua_checkstack(of, 20);
  int levels = levels_of(of);
  lua_Debug frame;
  luaL_Buffer buffer;
  luaL_buffinit(L, &buffer);
  bool any = false;
  for (int at = level; at < levels && lua_getstack(of, at, &frame); at++) {
    if (at == level + head && levels - at > tail) {
      char text[64];
      snprintf(text, sizeof text, "\n... (%d levels)", levels - tail - at);
      luaL_addstring(&buffer, text);
      at = levels - tail - 1;
      continue;
    }
    lua_getinfo(of, "Slnt", &frame);
    if (*frame.what == 'C') continue;
    if (any) luaL_addchar(&buffer, '\n');
    any = true;
    add_frame(&buffer, &frame);
    if (frame.istailcall) luaL_addstring(&buffer, "\n(...tail calls...)");
  }
  luaL_pushresult(&buffer);
}

void keep_inner_traceback(lua_State *L, lua_State *co) {
  luaL_checkstack(L, 6, NULL);
  lua_createtable(L, 2, 0);
  lua_pushvalue(L, -2);
  lua_rawseti(L, -2, 1);
  push_traceback(L, co, 0);
  lua_rawseti(L, -2, 2);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &inner_key);
}

// Puts the frames of the coroutine that raised this very error before those on top.
static void add_inner_traceback(lua_State *L) {
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &inner_key) == LUA_TTABLE) {
    lua_rawgeti(L, -1, 1);
    if (lua_rawequal(L, -1, 1)) {
      lua_rawgeti(L, -2, 2);
      lua_pushliteral(L, "\n");
      lua_pushvalue(L, -5);
      lua_concat(L, 3);
      lua_replace(L, -4);
    }
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  lua_pushnil(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &inner_key);
}

// Keeps the traceback for cl_traceback and makes a string of any error value, without running
// script code.
int message_handler(lua_State *L) {
  host *h = host_of(L);
  lua_Debug frame;
  h->error_line = 0;
  h->error_source[0] = '\0';
  if (lua_frame(L, 1, &frame)) {
    memcpy(h->error_source, frame.short_src, sizeof h->error_source);
    h->error_line = frame.currentline;
  }
  push_traceback(L, L, 1);
  add_inner_traceback(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &traceback_key);
  int type = lua_type(L, 1);
  if (type == LUA_TSTRING) return 1;
  if (type == LUA_TNUMBER) {
    lua_tolstring(L, 1, NULL);
    return 1;
  }
  lua_pushfstring(L, "(error object is a %s value)", cl_type_name(L, 1));
  return 1;
}

int cl_load(lua_State *L, const char *text, size_t length, const char *name) {
  if (!lua_checkstack(L, 20)) {
    lua_pushliteral(L, "stack overflow");
    return LUA_ERRRUN;
  }
  host *h = host_of(L);
  h->error_line = 0;
  h->error_source[0] = '\0';
  lua_pushnil(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &traceback_key);
  return luaL_loadbufferx(L, text, length, name, "t");
}

int cl_call(lua_State *L, int arguments, int results) {
  host *h = host_of(L);
  if (!lua_checkstack(L, 20) || h->depth >= h->limits.depth) {
    lua_settop(L, -arguments - 2);
    lua_pushfstring(L, "calls between the host and Lua are nested too deeply (%d)", h->depth);
    return LUA_ERRRUN;
  }
  int base = lua_gettop(L) - arguments;
  lua_pushcfunction(L, message_handler);
  lua_insert(L, base);
  lua_State *outer = h->current;
  h->current = L;
  if (h->depth++ == 0) h->entered = monotonic_ns();
  int status = lua_pcall(L, arguments, results, base);
  if (--h->depth == 0) h->lua_ns += monotonic_ns() - h->entered;
  h->current = outer;
  lua_remove(L, base);
  return status;
}

const char *cl_traceback(lua_State *L) {
  const char *text = "";
  if (lua_checkstack(L, 1)) {
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &traceback_key) == LUA_TSTRING)
      text = lua_tostring(L, -1);  // anchored in the registry
    lua_pop(L, 1);
  }
  return text;
}

const char *cl_error_source(lua_State *L) { return host_of(L)->error_source; }
int cl_error_line(lua_State *L) { return host_of(L)->error_line; }

int raise_top(lua_State *L, int how) {
  if (how == cl_raise_here && lua_type(L, -1) == LUA_TSTRING) {
    luaL_checkstack(L, 4, NULL);
    push_where(L);
    lua_insert(L, -2);
    lua_concat(L, 2);
  }
  return lua_error(L);
}

int bad_argument(lua_State *L, int argument, const char *name, const char *expected) {
  lua_Debug call;
  const char *function = "?";
  const char *got = cl_type_name(L, argument);
  if (lua_getstack(L, 0, &call)) {
    lua_getinfo(L, "n", &call);
    if (call.name) function = call.name;
    if (strcmp(call.namewhat, "method") == 0 && --argument == 0) {
      lua_pushfstring(L, "calling '%s' on a bad self (%s expected, got %s)", function, expected,
                      got);
      return raise_top(L, cl_raise_here);
    }
  }
  lua_pushfstring(L, "bad argument #%d '%s' to '%s' (%s expected, got %s)", argument, name,
                  function, expected, got);
  return raise_top(L, cl_raise_here);
}
