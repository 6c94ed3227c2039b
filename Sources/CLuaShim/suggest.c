// "Did you mean": the nearest known name to a misspelt one.
#include "internal.h"
#include <ctype.h>
#include <string.h>

enum { longest = 40 };

static int smaller(int left, int right) { return left < right ? left : right; }

// Edit distance with swapped neighbours (optimal string alignment), case ignored.
static int edit_distance(const char *left, size_t left_length, const char *right,
                         size_t right_length) {
  if (left_length > longest || right_length > longest) return longest;
  int rows[3][longest + 1];
  int *before = rows[0], *above = rows[1], *here = rows[2];
  for (size_t j = 0; j <= right_length; j++) above[j] = (int)j;
  for (size_t i = 1; i <= left_length; i++) {
    here[0] = (int)i;
    for (size_t j = 1; j <= right_length; j++) {
      int a = tolower((unsigned char)left[i - 1]), b = tolower((unsigned char)right[j - 1]);
      int best = smaller(above[j] + 1, here[j - 1] + 1);
      best = smaller(best, above[j - 1] + (a != b));
      if (i > 1 && j > 1 && a == tolower((unsigned char)right[j - 2]) &&
          tolower((unsigned char)left[i - 2]) == b)
        best = smaller(best, before[j - 2] + 1);
      here[j] = best;
    }
    int *spare = before;
    before = above;
    above = here;
    here = spare;
  }
  return above[right_length];
}

void push_suggestion(lua_State *L, int table, const char *word, size_t length) {
  table = lua_absindex(L, table);
  luaL_checkstack(L, 6, NULL);
  int nearest = length < 7 ? 1 : (int)(length + 1) / 4;
  lua_pushnil(L);  // the best name so far
  lua_pushnil(L);
  while (lua_next(L, table)) {
    lua_pop(L, 1);
    if (lua_type(L, -1) != LUA_TSTRING) continue;
    size_t other_length;
    const char *other = lua_tolstring(L, -1, &other_length);
    int distance = edit_distance(word, length, other, other_length);
    // Of equally near names the first in the alphabet: the order of a table is no order.
    bool better = distance < nearest;
    if (distance == nearest && lua_isstring(L, -2)) better = strcmp(other, lua_tostring(L, -2)) < 0;
    if (distance <= nearest && (better || lua_isnil(L, -2))) {
      nearest = distance;
      lua_pushvalue(L, -1);
      lua_replace(L, -3);
    }
  }
  if (lua_isnil(L, -1))
    lua_pushliteral(L, "");
  else
    lua_pushfstring(L, " (did you mean '%s'?)", lua_tostring(L, -1));
  lua_remove(L, -2);
}
