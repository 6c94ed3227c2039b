// One seeded stream for a run, and iteration in a fixed order.
#include "internal.h"
#include <string.h>

// SplitMix64 (Steele et al. 2014).
static uint64_t next_random(host *h) {
  uint64_t mixed = (h->random += 0x9e3779b97f4a7c15u);
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
  return mixed ^ (mixed >> 31);
}

uint64_t cl_random_next(lua_State *L) { return next_random(host_of(L)); }
double cl_random_uniform(lua_State *L) {
  return (double)(next_random(host_of(L)) >> 11) * 0x1p-53;
}

uint64_t cl_random_state(lua_State *L) { return host_of(L)->random; }
void cl_random_restore(lua_State *L, uint64_t random) { host_of(L)->random = random; }

// An unbiased number from 0 to `limit`: draws of as many bits as it takes, until one fits.
static uint64_t random_below(host *h, uint64_t limit) {
  uint64_t mask = limit;
  for (int shift = 1; shift < 64; shift *= 2) mask |= mask >> shift;
  uint64_t drawn;
  do drawn = next_random(h) & mask;
  while (drawn > limit);
  return drawn;
}

// random() in [0, 1); random(m) in 1…m; random(m, n) in m…n; random(0) any integer.
int random_function(lua_State *L) {
  host *h = host_of(L);
  lua_Integer low = 1, high;
  switch (lua_gettop(L)) {
  case 0: lua_pushnumber(L, cl_random_uniform(L)); return 1;
  case 1:
    high = luaL_checkinteger(L, 1);
    if (high == 0) {
      lua_pushinteger(L, (lua_Integer)next_random(h));
      return 1;
    }
    break;
  case 2:
    low = luaL_checkinteger(L, 1);
    high = luaL_checkinteger(L, 2);
    break;
  default: return luaL_error(L, "wrong number of arguments to 'random'");
  }
  luaL_argcheck(L, low <= high, lua_gettop(L), "interval is empty");
  uint64_t drawn = random_below(h, (uint64_t)high - (uint64_t)low);
  lua_pushinteger(L, (lua_Integer)((uint64_t)low + drawn));
  return 1;
}

// MARK: Sorted pairs

static int key_rank(lua_State *L, int index) {
  int type = lua_type(L, index);
  return type == LUA_TNUMBER ? 0 : type == LUA_TSTRING ? 1 : 2;
}

// Numbers before strings before booleans.
static int key_before(lua_State *L) {
  int left = key_rank(L, 1), right = key_rank(L, 2);
  bool before = left < right;
  if (left == right && left == 2) before = !lua_toboolean(L, 1) && lua_toboolean(L, 2);
  if (left == right && left == 0) before = lua_compare(L, 1, 2, LUA_OPLT);
  if (left == right && left == 1) {
    size_t left_length, right_length;
    const char *a = lua_tolstring(L, 1, &left_length), *b = lua_tolstring(L, 2, &right_length);
    int order = memcmp(a, b, left_length < right_length ? left_length : right_length);
    before = order ? order < 0 : left_length < right_length;
  }
  lua_pushboolean(L, before);
  return 1;
}

// upvalues: sorted keys, position
static int next_sorted(lua_State *L) {
  lua_settop(L, 1);
  lua_Integer position = lua_tointeger(L, lua_upvalueindex(2)) + 1;
  for (;; position++) {
    if (lua_rawgeti(L, lua_upvalueindex(1), position) == LUA_TNIL) return 1;
    lua_pushvalue(L, 2);
    if (lua_rawget(L, 1) != LUA_TNIL) break;
    lua_settop(L, 1);
  }
  lua_pushinteger(L, position);
  lua_replace(L, lua_upvalueindex(2));
  return 2;
}

// spairs(t): the pairs of a table in sorted order of its keys.
int sorted_pairs(lua_State *L) {
  if (lua_type(L, 1) != LUA_TTABLE) return bad_argument(L, 1, "t", "table");
  lua_settop(L, 1);
  lua_newtable(L);
  lua_Integer count = 0;
  lua_pushnil(L);
  while (lua_next(L, 1)) {
    lua_pop(L, 1);
    int type = lua_type(L, -1);
    if (type != LUA_TNUMBER && type != LUA_TSTRING && type != LUA_TBOOLEAN)
      return luaL_error(L, "spairs cannot order a key of type %s", cl_type_name(L, -1));
    lua_pushvalue(L, -1);
    lua_rawseti(L, 2, ++count);
  }
  lua_rawgetp(L, LUA_REGISTRYINDEX, &sort_key);
  lua_pushvalue(L, 2);
  lua_pushcfunction(L, key_before);
  lua_call(L, 2, 0);
  lua_pushinteger(L, 0);
  lua_pushcclosure(L, next_sorted, 2);
  lua_pushvalue(L, 1);
  return 2;
}

void cl_push_builtin(lua_State *L, const char *name) {
  if (strcmp(name, "random") == 0)
    lua_pushcfunction(L, random_function);
  else if (strcmp(name, "spairs") == 0)
    lua_pushcfunction(L, sorted_pairs);
  else
    lua_pushnil(L);
}
