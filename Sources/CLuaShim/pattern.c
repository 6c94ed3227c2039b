// The matcher behind string.find, match, gmatch and gsub: backtracking, with steps counted.
#include "pattern.h"
#include "internal.h"
#include <ctype.h>
#include <string.h>

enum {
  deepest = 200,              // nested calls, as in Lua
  steps_between = 1u << 14,   // between looks at the clock: some 50 microseconds
};

static const char *match_here(matcher *m, const char *s, const char *p);

static inline void count_steps(matcher *m, uint32_t steps) {
  m->steps += steps;
  if (m->steps < steps_between) return;
  m->steps = 0;
  check_stop(m->L);
}

static inline unsigned char byte(const char *text) { return (unsigned char)*text; }

// MARK: Single characters

static bool in_class(int c, int class) {
  bool is;
  switch (tolower(class)) {
  case 'a': is = isalpha(c); break;
  case 'c': is = iscntrl(c); break;
  case 'd': is = isdigit(c); break;
  case 'g': is = isgraph(c); break;
  case 'l': is = islower(c); break;
  case 'p': is = ispunct(c); break;
  case 's': is = isspace(c); break;
  case 'u': is = isupper(c); break;
  case 'w': is = isalnum(c); break;
  case 'x': is = isxdigit(c); break;
  default: return class == c;  // an escaped character
  }
  return isupper(class) ? !is : is;
}

// The set begins at `p` with '[' and has its ']' at `close`.
static bool in_set(int c, const char *p, const char *close) {
  bool inside = p[1] != '^';
  for (p += inside ? 1 : 2; p < close; p++) {
    if (*p == '%') {
      p++;
      if (in_class(c, byte(p))) return inside;
    } else if (p[1] == '-' && p + 2 < close) {
      if (byte(p) <= c && c <= byte(p + 2)) return inside;
      p += 2;
    } else if (byte(p) == c) {
      return inside;
    }
  }
  return !inside;
}

// The end of the single character class that begins at `p`.
static const char *end_of_class(matcher *m, const char *p) {
  char first = *p++;
  if (first == '%') {
    if (p == m->pattern_end) luaL_error(m->L, "malformed pattern (ends with '%%')");
    return p + 1;
  }
  if (first != '[') return p;
  if (p < m->pattern_end && *p == '^') p++;
  // A ']' in the first place is one of the set's characters.
  for (bool is_first = true;; is_first = false) {
    if (p >= m->pattern_end) luaL_error(m->L, "malformed pattern (missing ']')");
    if (*p == ']' && !is_first) return p + 1;
    if (*p++ == '%') p++;
  }
}

static bool matches_one(matcher *m, const char *s, const char *p, const char *after) {
  if (s >= m->end) return false;
  int c = byte(s);
  switch (*p) {
  case '.': return true;
  case '%': return in_class(c, byte(p + 1));
  case '[': count_steps(m, (uint32_t)(after - p)); return in_set(c, p, after - 1);
  default: return byte(p) == c;
  }
}

// MARK: Items

static const char *match_balanced(matcher *m, const char *s, const char *p) {
  if (p + 1 >= m->pattern_end)
    luaL_error(m->L, "malformed pattern (missing arguments to '%%b')");
  if (s >= m->end || *s != p[0]) return NULL;
  int depth = 1;
  for (s++; s < m->end; s++) {
    count_steps(m, 1);
    if (*s == p[1]) {
      if (--depth == 0) return s + 1;
    } else if (*s == p[0]) {
      depth++;
    }
  }
  return NULL;
}

// As many as there are, then fewer and fewer.
static const char *match_most(matcher *m, const char *s, const char *p, const char *after) {
  ptrdiff_t count = 0;
  while (matches_one(m, s + count, p, after)) {
    count++;
    count_steps(m, 1);
  }
  for (; count >= 0; count--) {
    const char *end = match_here(m, s + count, after + 1);
    if (end) return end;
  }
  return NULL;
}

static const char *match_fewest(matcher *m, const char *s, const char *p, const char *after) {
  for (;; s++) {
    const char *end = match_here(m, s, after + 1);
    if (end) return end;
    if (!matches_one(m, s, p, after)) return NULL;
  }
}

// MARK: Captures

static const char *open_capture(matcher *m, const char *s, const char *p, ptrdiff_t kind) {
  if (m->count >= most_captures) luaL_error(m->L, "too many captures");
  m->captures[m->count].start = s;
  m->captures[m->count].length = kind;
  m->count++;
  const char *end = match_here(m, s, p);
  if (!end) m->count--;
  return end;
}

static const char *close_capture(matcher *m, const char *s, const char *p) {
  int open = m->count - 1;
  while (open >= 0 && m->captures[open].length != capture_open) open--;
  if (open < 0) luaL_error(m->L, "invalid pattern capture");
  m->captures[open].length = s - m->captures[open].start;
  const char *end = match_here(m, s, p);
  if (!end) m->captures[open].length = capture_open;
  return end;
}

static const char *match_again(matcher *m, const char *s, int digit) {
  int index = digit - '1';
  if (index < 0 || index >= m->count || m->captures[index].length == capture_open)
    luaL_error(m->L, "invalid capture index %%%d", index + 1);
  ptrdiff_t length = m->captures[index].length;
  // A position has no text; the library compares with a length that fits nothing.
  if (length < 0 || m->end - s < length) return NULL;
  count_steps(m, 1 + (uint32_t)(length / 16 < steps_between ? length / 16 : steps_between));
  return memcmp(m->captures[index].start, s, (size_t)length) == 0 ? s + length : NULL;
}

// MARK: Sequences

// The border between characters outside of a set and inside of it.
static bool is_frontier(const matcher *m, const char *s, const char *p, const char *after) {
  int before = s == m->subject ? 0 : byte(s - 1);
  int here = s == m->end ? 0 : byte(s);
  return !in_set(before, p, after - 1) && in_set(here, p, after - 1);
}

static const char *match_rest(matcher *m, const char *s, const char *p) {
  while (p != m->pattern_end) {
    count_steps(m, 1);
    if (*p == '(')
      return p[1] == ')' ? open_capture(m, s, p + 2, capture_position)
                         : open_capture(m, s, p + 1, capture_open);
    if (*p == ')') return close_capture(m, s, p + 1);
    if (*p == '$' && p + 1 == m->pattern_end) return s == m->end ? s : NULL;
    if (*p == '%' && p[1] == 'b') {
      s = match_balanced(m, s, p + 2);
      if (!s) return NULL;
      p += 4;
      continue;
    }
    if (*p == '%' && p[1] == 'f') {
      p += 2;
      if (p >= m->pattern_end || *p != '[')
        luaL_error(m->L, "missing '[' after '%%f' in pattern");
      const char *after = end_of_class(m, p);
      if (!is_frontier(m, s, p, after)) return NULL;
      p = after;
      continue;
    }
    if (*p == '%' && isdigit(byte(p + 1))) {
      s = match_again(m, s, byte(p + 1));
      if (!s) return NULL;
      p += 2;
      continue;
    }
    const char *after = end_of_class(m, p);
    switch (after < m->pattern_end ? *after : '\0') {
    case '*': return match_most(m, s, p, after);
    case '+': return matches_one(m, s, p, after) ? match_most(m, s + 1, p, after) : NULL;
    case '-': return match_fewest(m, s, p, after);
    case '?':
      if (matches_one(m, s, p, after)) {
        const char *end = match_here(m, s + 1, after + 1);
        if (end) return end;
      }
      p = after + 1;
      continue;
    default:
      if (!matches_one(m, s, p, after)) return NULL;
      s++;
      p = after;
    }
  }
  return s;
}

static const char *match_here(matcher *m, const char *s, const char *p) {
  if (m->depth >= deepest) luaL_error(m->L, "pattern too complex");
  m->depth++;
  count_steps(m, 1);
  const char *end = match_rest(m, s, p);
  m->depth--;
  return end;
}

const char *match_at(matcher *m, const char *start) {
  m->depth = 0;
  m->count = 0;
  return match_here(m, start, m->pattern);
}

void push_capture(matcher *m, int index, const char *start, const char *end) {
  if (index >= m->count) {
    if (index != 0) luaL_error(m->L, "invalid capture index %%%d", index + 1);
    lua_pushlstring(m->L, start, (size_t)(end - start));
    return;
  }
  ptrdiff_t length = m->captures[index].length;
  if (length == capture_open) luaL_error(m->L, "unfinished capture");
  if (length == capture_position)
    lua_pushinteger(m->L, m->captures[index].start - m->subject + 1);
  else
    lua_pushlstring(m->L, m->captures[index].start, (size_t)length);
}

int push_captures(matcher *m, const char *start, const char *end) {
  int count = m->count == 0 && start ? 1 : m->count;
  luaL_checkstack(m->L, count, "too many captures");
  for (int i = 0; i < count; i++) push_capture(m, i, start, end);
  return count;
}
