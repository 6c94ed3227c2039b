// Lua's patterns, as section 6.4.1 of the manual defines them, matched by code that stops at a
// run's limits: the library's own matcher takes exponential time for some patterns, and no hook
// interrupts it.
#ifndef PATTERN_H
#define PATTERN_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { most_captures = 32, capture_open = -1, capture_position = -2 };

typedef struct matcher {
  lua_State *L;
  const char *subject, *end;          // end of the subject
  const char *pattern, *pattern_end;  // without a leading '^'
  uint32_t steps;
  int depth;
  int count;  // captures so far
  struct {
    const char *start;
    ptrdiff_t length;  // or one of capture_…
  } captures[most_captures];
} matcher;

// Where a match that begins at `start` ends, or NULL; raises for a malformed pattern and where the
// script must stop.
const char *match_at(matcher *m, const char *start);
// Pushes a capture by its number from 0; the whole match for 0 if the pattern has none.
void push_capture(matcher *m, int index, const char *start, const char *end);
// Pushes all captures, or the whole match if there are none and `start` is given; their number.
int push_captures(matcher *m, const char *start, const char *end);

#endif
