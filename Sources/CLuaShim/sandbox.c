// The standard library that a recipe sees: new tables, filled by allow list.
#include "internal.h"
#include <string.h>

typedef struct library {
  const char *name;  // "" for the globals
  lua_CFunction open;
  const char *keep;     // names taken over as they are, separated by spaces
  const char *removed;  // "name=what to use instead;…"
} library;

static const library libraries[] = {
    {"string", luaopen_string, "byte char len lower upper reverse sub pack unpack packsize",
     "dump=chunks are text"},
    {"table", luaopen_table, "pack", ""},
    {"math", luaopen_math,
     "abs acos asin atan ceil cos deg exp floor fmod huge log max maxinteger min mininteger modf pi "
     "rad sin sqrt tan tointeger type ult",
     "randomseed=the seed is that of the run, --seed"},
    {"utf8", luaopen_utf8, "char charpattern codepoint codes len offset", ""},
    {"coroutine", luaopen_coroutine, "isyieldable running status yield", ""},
    {"os", luaopen_os, "difftime",
     "execute=recipes start no programs;exit=return from the recipe, or call error();getenv=use "
     "cast.env;remove=;rename=;setlocale=;tmpname=use cast.out"},
    {"debug", NULL, "",
     "sethook=;gethook=;getregistry=;getmetatable=;setmetatable=;getinfo=;getlocal=;setlocal=;"
     "getupvalue=;setupvalue=;upvalueid=;upvaluejoin=;getuservalue=;setuservalue=;debug=;"
     "setcstacklimit="},
};

static const library base = {
    "", luaopen_base,
    "assert error getmetatable ipairs next pairs pcall rawequal rawget rawlen rawset select "
    "tonumber type _VERSION",
    "dofile=use require;loadfile=use require;warn=use cast.log.warn;io=use cast.read, cast.lines "
    "and cast.write;package=use require"};

// Copies the names of a list from the table at `from` to the one on top.
static void copy_names(lua_State *L, int from, const char *names) {
  while (*names) {
    size_t length = strcspn(names, " ");
    lua_pushlstring(L, names, length);
    lua_pushvalue(L, -1);
    lua_rawget(L, from);
    lua_rawset(L, -3);
    names += length + (names[length] == ' ');
  }
}

static void push_removed(lua_State *L, const char *list) {
  lua_newtable(L);
  while (*list) {
    size_t name = strcspn(list, "="), entry = strcspn(list, ";");
    lua_pushlstring(L, list, name);
    lua_pushlstring(L, list + name + 1, entry - name - 1);
    lua_rawset(L, -3);
    list += entry + (list[entry] == ';');
  }
}

// Raises if argument 2 was removed; the table of removed names is upvalue 1.
static void explain_removed(lua_State *L, const char *library) {
  lua_pushvalue(L, 2);
  if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TSTRING) return;
  const char *advice = lua_tostring(L, -1);
  lua_pushfstring(L, "%s%s%s is not available in the sandbox%s%s", library, *library ? "." : "",
                  lua_tostring(L, 2), *advice ? ": " : "", advice);
  raise_top(L, cl_raise_here);
}

// upvalues: removed names, library name
static int library_index(lua_State *L) {
  if (lua_type(L, 2) != LUA_TSTRING) return 0;
  size_t length;
  const char *library = lua_tostring(L, lua_upvalueindex(2));
  const char *word = lua_tolstring(L, 2, &length);
  explain_removed(L, library);
  push_suggestion(L, 1, word, length);
  lua_pushfstring(L, "unknown function '%s' of %s%s", word, library, lua_tostring(L, -1));
  return raise_top(L, cl_raise_here);
}

// upvalue 1: removed names
static int global_index(lua_State *L) {
  if (lua_type(L, 2) != LUA_TSTRING) return 0;
  size_t length;
  const char *word = lua_tolstring(L, 2, &length);
  explain_removed(L, "");
  lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
  push_suggestion(L, -1, word, length);
  lua_pushfstring(L, "undefined variable '%s'%s", word, lua_tostring(L, -1));
  return raise_top(L, cl_raise_here);
}

// Gives the table on top a metatable whose __index explains what is missing.
static void explain_missing(lua_State *L, const library *of, lua_CFunction index) {
  lua_newtable(L);
  push_removed(L, of->removed);
  lua_pushstring(L, of->name);
  lua_pushcclosure(L, index, 2);
  lua_setfield(L, -2, "__index");
  lua_setmetatable(L, -2);
}

static void open_library(lua_State *L, const library *of) {
  if (of->open) {
    lua_pushcfunction(L, of->open);
    lua_pushstring(L, of->name);
    lua_call(L, 1, 1);
  } else {
    lua_newtable(L);
  }
  int original = lua_gettop(L);
  lua_newtable(L);
  copy_names(L, original, of->keep);
  lua_pushvalue(L, -1);
  lua_setglobal(L, of->name);
  lua_pushvalue(L, original);
}

void open_sandbox(lua_State *L) {
  luaL_checkstack(L, 40, NULL);
  lua_pushcfunction(L, base.open);
  lua_call(L, 0, 1);
  int original = lua_gettop(L);
  lua_newtable(L);
  copy_names(L, original, base.keep);
  lua_pushvalue(L, -1);
  lua_setfield(L, -2, "_G");
  lua_pushvalue(L, -1);
  lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
  lua_pushvalue(L, original);
  sandbox_base(L);
  lua_settop(L, original + 1);

  static const struct {
    const char *name;
    void (*fill)(lua_State *L);
  } fillers[] = {{"string", sandbox_string}, {"table", sandbox_table},
                 {"coroutine", sandbox_coroutine}, {"os", sandbox_os}};
  for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
    const library *of = &libraries[i];
    open_library(L, of);  // …, new table, original
    for (size_t j = 0; j < sizeof fillers / sizeof *fillers; j++)
      if (strcmp(of->name, fillers[j].name) == 0) fillers[j].fill(L);
    if (strcmp(of->name, "math") == 0) {
      lua_pushcfunction(L, random_function);
      lua_setfield(L, -3, "random");
    }
    if (strcmp(of->name, "debug") == 0) {
      lua_pushcfunction(L, debug_traceback);
      lua_setfield(L, -3, "traceback");
    }
    lua_pop(L, 1);
    explain_missing(L, of, library_index);
    lua_settop(L, original + 1);
  }
  explain_missing(L, &base, global_index);
  lua_settop(L, original - 1);
}
