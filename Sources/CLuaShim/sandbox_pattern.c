// string.find, match, gmatch and gsub on the matcher that stops at a run's limits.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "internal.h"
#include "pattern.h"
#include <ctype.h>
#include <string.h>

// The matcher of the subject and the pattern at 1 and 2; `anchored` is whether a '^' was taken off.
static matcher matcher_of(lua_State *L, bool *anchored) {
  size_t length, pattern_length;
  const char *subject = luaL_checklstring(L, 1, &length);
  const char *pattern = luaL_checklstring(L, 2, &pattern_length);
  *anchored = *pattern == '^';
  return (matcher){.L = L,
                   .subject = subject,
                   .end = subject + length,
                   .pattern = pattern + (*anchored ? 1 : 0),
                   .pattern_end = pattern + pattern_length};
}

// The start that argument 3 says, from 0; negative counts from the end.
static size_t start_of(lua_State *L, size_t length) {
  lua_Integer start = luaL_optinteger(L, 3, 1);
  if (start > 0) return (size_t)start - 1;
  if (start == 0 || start < -(lua_Integer)length) return 0;
  return (size_t)((lua_Integer)length + start);
}

static int find_plain(lua_State *L, const matcher *m, const char *from) {
  size_t length;
  const char *part = lua_tolstring(L, 2, &length);
  // Linear in the subject for any part, as the library's own search is not.
  const char *found = length == 0 ? from : memmem(from, (size_t)(m->end - from), part, length);
  if (!found) {
    lua_pushnil(L);
    return 1;
  }
  lua_pushinteger(L, found - m->subject + 1);
  lua_pushinteger(L, found - m->subject + (lua_Integer)length);
  return 2;
}

static bool is_plain(const char *pattern, size_t length) {
  for (size_t i = 0; i < length; i++)
    if (pattern[i] && strchr("^$*+?.([%-", pattern[i])) return false;
  return true;
}

static int search(lua_State *L, bool finds) {
  bool anchored;
  matcher m = matcher_of(L, &anchored);
  size_t start = start_of(L, (size_t)(m.end - m.subject));
  if (start > (size_t)(m.end - m.subject)) {
    lua_pushnil(L);
    return 1;
  }
  const char *s = m.subject + start;
  size_t length;
  const char *pattern = lua_tolstring(L, 2, &length);
  if (finds && (lua_toboolean(L, 4) || is_plain(pattern, length))) return find_plain(L, &m, s);
  do {
    const char *end = match_at(&m, s);
    if (!end) continue;
    if (!finds) return push_captures(&m, s, end);
    lua_pushinteger(L, s - m.subject + 1);
    lua_pushinteger(L, end - m.subject);
    return push_captures(&m, NULL, NULL) + 2;
  } while (s++ < m.end && !anchored);
  lua_pushnil(L);
  return 1;
}

static int find(lua_State *L) { return search(L, true); }
static int match(lua_State *L) { return search(L, false); }

// MARK: gmatch

typedef struct iteration {
  size_t next;                // where the next match may begin
  const char *last;           // the end of the last match, which no empty match may have again
} iteration;

// upvalues: subject, pattern, iteration
static int next_match(lua_State *L) {
  iteration *state = lua_touserdata(L, lua_upvalueindex(3));
  size_t length, pattern_length;
  const char *subject = lua_tolstring(L, lua_upvalueindex(1), &length);
  const char *pattern = lua_tolstring(L, lua_upvalueindex(2), &pattern_length);
  matcher m = {.L = L,
               .subject = subject,
               .end = subject + length,
               .pattern = pattern,
               .pattern_end = pattern + pattern_length};
  for (; state->next <= length; state->next++) {
    const char *s = subject + state->next;
    const char *end = match_at(&m, s);
    if (!end || end == state->last) continue;
    state->last = end;
    state->next = (size_t)(end - subject);
    return push_captures(&m, s, end);
  }
  return 0;
}

static int gmatch(lua_State *L) {
  size_t length;
  luaL_checklstring(L, 1, &length);
  luaL_checkstring(L, 2);
  size_t start = start_of(L, length);
  lua_settop(L, 2);
  iteration *state = lua_newuserdatauv(L, sizeof *state, 0);
  *state = (iteration){start > length ? length + 1 : start, NULL};
  lua_pushcclosure(L, next_match, 3);
  return 1;
}

// MARK: gsub

static void add_template(matcher *m, luaL_Buffer *result, const char *s, const char *end) {
  size_t length;
  const char *text = lua_tolstring(m->L, 3, &length), *stop = text + length;
  while (text < stop) {
    const char *percent = memchr(text, '%', (size_t)(stop - text));
    luaL_addlstring(result, text, (size_t)((percent ? percent : stop) - text));
    if (!percent) return;
    char what = percent[1];
    text = percent + 2;
    if (what == '%') {
      luaL_addchar(result, '%');
    } else if (what == '0') {
      luaL_addlstring(result, s, (size_t)(end - s));
    } else if (isdigit((unsigned char)what)) {
      push_capture(m, what - '1', s, end);
      luaL_addvalue(result);
    } else {
      luaL_error(m->L, "invalid use of '%%' in replacement string");
    }
  }
}

// Adds what takes a match's place; whether it is something else than the match itself.
static bool add_replacement(matcher *m, luaL_Buffer *result, const char *s, const char *end) {
  lua_State *L = m->L;
  switch (lua_type(L, 3)) {
  case LUA_TFUNCTION:
    lua_pushvalue(L, 3);
    lua_call(L, push_captures(m, s, end), 1);
    break;
  case LUA_TTABLE:
    push_capture(m, 0, s, end);
    lua_gettable(L, 3);
    break;
  default: add_template(m, result, s, end); return true;
  }
  if (!lua_toboolean(L, -1)) {
    lua_pop(L, 1);
    luaL_addlstring(result, s, (size_t)(end - s));
    return false;
  }
  if (!lua_isstring(L, -1))
    luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
  luaL_addvalue(result);
  return true;
}

static int gsub(lua_State *L) {
  bool anchored, changed = false;
  matcher m = matcher_of(L, &anchored);
  int type = lua_type(L, 3);
  if (type != LUA_TNUMBER && type != LUA_TSTRING && type != LUA_TTABLE && type != LUA_TFUNCTION)
    return luaL_typeerror(L, 3, "string/function/table");
  lua_Integer most = luaL_optinteger(L, 4, (m.end - m.subject) + 1), count = 0;
  luaL_Buffer result;
  luaL_buffinit(L, &result);
  const char *s = m.subject, *last = NULL;
  while (count < most) {
    const char *end = match_at(&m, s);
    if (end && end != last) {
      count++;
      changed |= add_replacement(&m, &result, s, end);
      s = last = end;
    } else if (s < m.end) {
      luaL_addchar(&result, *s++);
    } else {
      break;
    }
    if (anchored) break;
  }
  if (changed) {
    luaL_addlstring(&result, s, (size_t)(m.end - s));
    luaL_pushresult(&result);
  } else {
    lua_pushvalue(L, 1);
  }
  lua_pushinteger(L, count);
  return 2;
}

void sandbox_pattern(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"find", find}, {"match", match}, {"gmatch", gmatch}, {"gsub", gsub}};
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    lua_pushcfunction(L, functions[i].func);
    lua_setfield(L, -3, functions[i].name);
  }
}
