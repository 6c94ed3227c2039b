// Text for people: no addresses, no control characters that reach a terminal.
#include "internal.h"
#include <stdio.h>
#include <string.h>

void push_text(lua_State *L, int index) {
  index = lua_absindex(L, index);
  luaL_checkstack(L, 6, NULL);
  int type = lua_type(L, index);
  bool has_handler = luaL_getmetafield(L, index, "__tostring") != LUA_TNIL;
  if (has_handler) {
    lua_pushvalue(L, index);
    lua_call(L, 1, 1);
    if (lua_type(L, -1) != LUA_TSTRING) luaL_error(L, "'__tostring' must return a string");
    return;
  }
  if (type != LUA_TTABLE && type != LUA_TUSERDATA && type != LUA_TFUNCTION &&
      type != LUA_TTHREAD && type != LUA_TLIGHTUSERDATA) {
    luaL_tolstring(L, index, NULL);
    return;
  }
  int kind = luaL_getmetafield(L, index, "__name");
  if (kind == LUA_TSTRING) return;
  if (kind != LUA_TNIL) lua_pop(L, 1);
  lua_pushstring(L, lua_typename(L, type));
}

// Length of the UTF-8 sequence at `text`, or 0 if it is none.
static size_t utf8_length(const unsigned char *text, size_t left) {
  unsigned char lead = text[0];
  size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || left < length) return 0;
  for (size_t i = 1; i < length; i++)
    if ((text[i] & 0xC0) != 0x80) return 0;
  if ((lead == 0xE0 && text[1] < 0xA0) || (lead == 0xED && text[1] > 0x9F)) return 0;
  if ((lead == 0xF0 && text[1] < 0x90) || (lead == 0xF4 && text[1] > 0x8F)) return 0;
  return length;
}

static void add_byte(luaL_Buffer *buffer, unsigned char byte) {
  char escape[8];
  snprintf(escape, sizeof escape, byte < 0x80 ? "\\%d" : "\\x%02X", byte);
  luaL_addstring(buffer, escape);
}

// Newlines and tabs stay; other control characters, also those of the C1 set and the marks that
// reorder text, and bytes that are no UTF-8 are written as escapes.
void add_escaped(luaL_Buffer *buffer, const char *text, size_t length) {
  const unsigned char *bytes = (const unsigned char *)text;
  for (size_t at = 0; at < length;) {
    unsigned char byte = bytes[at];
    if (byte < 0x80) {
      if ((byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7F)
        add_byte(buffer, byte);
      else
        luaL_addchar(buffer, (char)byte);
      at++;
      continue;
    }
    size_t size = utf8_length(bytes + at, length - at);
    bool control = size == 2 && byte == 0xC2 && bytes[at + 1] < 0xA0;
    bool reorders = size == 3 && byte == 0xE2 &&
                    ((bytes[at + 1] == 0x80 && bytes[at + 2] >= 0xAA && bytes[at + 2] <= 0xAE) ||
                     (bytes[at + 1] == 0x81 && bytes[at + 2] >= 0xA6 && bytes[at + 2] <= 0xA9));
    if (size == 0 || control || reorders) {
      size = size ? size : 1;
      for (size_t i = 0; i < size; i++) add_byte(buffer, bytes[at + i]);
    } else {
      luaL_addlstring(buffer, text + at, size);
    }
    at += size;
  }
}

static void write_line(lua_State *L, int level, int index) {
  host *h = host_of(L);
  luaL_Buffer buffer;
  size_t length;
  const char *text = lua_tolstring(L, index, &length);
  luaL_buffinit(L, &buffer);
  add_escaped(&buffer, text, length);
  luaL_pushresult(&buffer);
  text = lua_tolstring(L, -1, &length);
  h->callbacks.write(h->callbacks.context, level, text, length);
}

int print(lua_State *L) {
  int count = lua_gettop(L);
  luaL_checkstack(L, count + 10, "too many values to print");
  for (int i = 1; i <= count; i++) {
    push_text(L, i);
    lua_replace(L, i);
  }
  luaL_Buffer buffer;
  luaL_buffinit(L, &buffer);
  for (int i = 1; i <= count; i++) {
    if (i > 1) luaL_addchar(&buffer, '\t');
    size_t length;
    const char *text = lua_tolstring(L, i, &length);
    luaL_addlstring(&buffer, text, length);
  }
  luaL_pushresult(&buffer);
  write_line(L, -1, lua_gettop(L));
  return 0;
}

const char format_key;

int format(lua_State *L) {
  size_t length;
  if (lua_type(L, 1) != LUA_TSTRING && lua_type(L, 1) != LUA_TNUMBER)
    return bad_argument(L, 1, "format", "string");
  const char *text = lua_tolstring(L, 1, &length);
  int argument = 1, count = lua_gettop(L);
  for (size_t at = 0; at < length; at++) {
    if (text[at] != '%') continue;
    if (++at < length && text[at] == '%') continue;
    while (at < length && strchr("-+ #0123456789.", text[at]) && text[at]) at++;
    argument++;
    if (at >= length || argument > count) break;  // the library has the better message
    if (text[at] == 'p') return luaL_error(L, "'%%p' is not available in the sandbox");
    if (text[at] == 's') {
      push_text(L, argument);
      lua_replace(L, argument);
    }
  }
  lua_rawgetp(L, LUA_REGISTRYINDEX, &format_key);
  lua_CFunction original = lua_tocfunction(L, -1);
  lua_pop(L, 1);
  return original(L);  // in this frame, for the names in its errors
}

// upvalue 1: level
int write_log(lua_State *L) {
  int count = lua_gettop(L);
  if (count == 0) return bad_argument(L, 1, "format", "string");
  if (count == 1 && lua_type(L, 1) != LUA_TSTRING) {
    push_text(L, 1);
  } else if (count == 1) {
    lua_pushvalue(L, 1);  // a text alone is taken as it is
  } else {
    format(L);
  }
  write_line(L, (int)lua_tointeger(L, lua_upvalueindex(1)), lua_gettop(L));
  return 0;
}

void cl_push_log(lua_State *L, int32_t level) {
  lua_pushinteger(L, level);
  lua_pushcclosure(L, write_log, 1);
}
