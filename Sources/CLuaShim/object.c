// Host functions and objects: a userdata holds one reference to a Swift object, nothing else.
#include "internal.h"
#include <stdlib.h>

// Parts of a class, kept in its metatable, which no script can reach.
enum { part_methods = 1, part_getters, part_setters, part_names, part_index };

typedef struct box {
  void *object;  // NULL once released
} box;

static const char classes_key, objects_key;

static int call_host(lua_State *L, int32_t function) {
  host *h = host_of(L);
  if (h->stopped) return raise_stop(L, h, h->stopped);
  int32_t results = h->callbacks.call(h->callbacks.context, L, function);
  if (results < 0) return raise_top(L, results);
  if (h->external > h->limits.tensor_memory) return tensor_limit_error(L);
  return results;
}

static int host_function(lua_State *L) {
  return call_host(L, (int32_t)lua_tointeger(L, lua_upvalueindex(1)));
}

void cl_push_function(lua_State *L, int32_t function) {
  lua_pushinteger(L, function);
  lua_pushcclosure(L, host_function, 1);
}

int cl_is_host_function(lua_State *L, int index) {
  return lua_tocfunction(L, index) == host_function;
}

// MARK: Classes

static void push_class(lua_State *L, int32_t type) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &classes_key);
  lua_rawgeti(L, -1, type);
  lua_remove(L, -2);
}

static box *to_box(lua_State *L, int index, int32_t type) {
  host *h = host_of(L);
  box *found = lua_touserdata(L, index);
  if (!found || lua_islightuserdata(L, index) || !lua_getmetatable(L, index)) return NULL;
  const void *metatable = lua_topointer(L, -1);
  lua_pop(L, 1);
  return type >= 0 && type < h->class_count && metatable == h->classes[type] ? found : NULL;
}

void *cl_to_object(lua_State *L, int index, int32_t type) {
  box *found = lua_checkstack(L, 1) ? to_box(L, index, type) : NULL;
  return found ? found->object : NULL;
}

int32_t cl_object_class(lua_State *L, int index) {
  host *h = host_of(L);
  if (lua_type(L, index) != LUA_TUSERDATA || !lua_checkstack(L, 1)) return -1;
  if (!lua_getmetatable(L, index)) return -1;
  const void *metatable = lua_topointer(L, -1);
  lua_pop(L, 1);
  for (int32_t type = 0; type < h->class_count; type++)
    if (metatable == h->classes[type]) return type;
  return -1;
}

const char *cl_type_name(lua_State *L, int index) {
  const char *name = luaL_typename(L, index);
  if (lua_type(L, index) != LUA_TUSERDATA || !lua_checkstack(L, 2)) return name;
  if (!lua_getmetatable(L, index)) return name;
  lua_pushliteral(L, "__name");
  if (lua_rawget(L, -2) == LUA_TSTRING) name = lua_tostring(L, -1);  // anchored in the metatable
  lua_pop(L, 2);
  return name;
}

// upvalues: class, methods, getters
static int object_index(lua_State *L) {
  int32_t type = (int32_t)lua_tointeger(L, lua_upvalueindex(1));
  if (!to_box(L, 1, type)) return bad_argument(L, 1, "self", "host object");
  lua_pushvalue(L, 2);
  if (lua_rawget(L, lua_upvalueindex(2)) != LUA_TNIL) return 1;
  lua_pushvalue(L, 2);
  if (lua_rawget(L, lua_upvalueindex(3)) == LUA_TNUMBER) {
    int32_t getter = (int32_t)lua_tointeger(L, -1);
    lua_settop(L, 1);
    return call_host(L, getter);
  }
  lua_settop(L, 2);
  lua_getmetatable(L, 1);
  if (lua_rawgeti(L, 3, part_index) == LUA_TNUMBER && lua_type(L, 2) != LUA_TSTRING) {
    int32_t function = (int32_t)lua_tointeger(L, -1);
    lua_settop(L, 2);
    return call_host(L, function);
  }
  lua_rawgeti(L, 3, part_names);
  return unknown_field(L, cl_type_name(L, 1));
}

static int object_newindex(lua_State *L) {
  int32_t type = (int32_t)lua_tointeger(L, lua_upvalueindex(1));
  if (!to_box(L, 1, type)) return bad_argument(L, 1, "self", "host object");
  lua_pushvalue(L, 2);
  if (lua_rawget(L, lua_upvalueindex(2)) == LUA_TNUMBER) {
    int32_t setter = (int32_t)lua_tointeger(L, -1);
    lua_settop(L, 3);
    lua_remove(L, 2);
    return call_host(L, setter);
  }
  lua_settop(L, 3);
  lua_getmetatable(L, 1);
  lua_rawgeti(L, 4, part_names);
  lua_pushvalue(L, 2);
  if (lua_rawget(L, -2) == LUA_TNIL) {
    lua_pop(L, 1);
    return unknown_field(L, cl_type_name(L, 1));
  }
  lua_pushfstring(L, "field '%s' of %s cannot be set", lua_tostring(L, 2), cl_type_name(L, 1));
  return raise_top(L, cl_raise_here);
}

static int object_gc(lua_State *L) {
  box *found = to_box(L, 1, (int32_t)lua_tointeger(L, lua_upvalueindex(1)));
  if (!found || !found->object) return 0;
  host *h = host_of(L);
  void *object = found->object;
  found->object = NULL;
  h->live_objects--;
  h->callbacks.release(object);
  return 0;
}

static void push_weak_table(lua_State *L) {
  lua_newtable(L);
  lua_newtable(L);
  lua_pushliteral(L, "v");
  set_field(L, -2, "__mode");
  lua_setmetatable(L, -2);
}

int32_t cl_class_new(lua_State *L, const char *name) {
  host *h = host_of(L);
  luaL_checkstack(L, 12, NULL);
  if (h->class_count == h->class_capacity) {
    h->class_capacity = h->class_capacity ? 2 * h->class_capacity : 32;
    h->classes = realloc(h->classes, (size_t)h->class_capacity * sizeof *h->classes);
    if (!h->classes) last_words(125, "casthost: the machine has no memory left.\n");
  }
  if (h->class_count == 0) {
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &classes_key);
    push_weak_table(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &objects_key);
  }
  int32_t type = h->class_count++;
  lua_newtable(L);
  h->classes[type] = lua_topointer(L, -1);
  for (int part = part_methods; part <= part_names; part++) {
    lua_newtable(L);
    lua_rawseti(L, -2, part);
  }
  lua_pushinteger(L, type);
  lua_rawgeti(L, -2, part_methods);
  lua_rawgeti(L, -3, part_getters);
  lua_pushcclosure(L, object_index, 3);
  set_field(L, -2, "__index");
  lua_pushinteger(L, type);
  lua_rawgeti(L, -2, part_setters);
  lua_pushcclosure(L, object_newindex, 2);
  set_field(L, -2, "__newindex");
  lua_pushinteger(L, type);
  lua_pushcclosure(L, object_gc, 1);
  set_field(L, -2, "__gc");
  lua_pushboolean(L, 0);
  set_field(L, -2, "__metatable");
  lua_pushstring(L, name);
  set_field(L, -2, "__name");
  lua_rawgetp(L, LUA_REGISTRYINDEX, &classes_key);
  lua_insert(L, -2);
  lua_rawseti(L, -2, type);
  lua_pop(L, 1);
  return type;
}

// Sets parts[part][name] to the value on top, and pops it.
static void set_part(lua_State *L, int32_t type, int part, const char *name) {
  push_class(L, type);
  lua_rawgeti(L, -1, part);
  lua_pushvalue(L, -3);
  set_field(L, -2, name);
  lua_rawgeti(L, -2, part_names);
  lua_pushboolean(L, 1);
  set_field(L, -2, name);
  lua_pop(L, 4);
}

void cl_class_method(lua_State *L, int32_t type, const char *name, int32_t function) {
  cl_push_function(L, function);
  set_part(L, type, part_methods, name);
}

void cl_class_getter(lua_State *L, int32_t type, const char *name, int32_t function) {
  lua_pushinteger(L, function);
  set_part(L, type, part_getters, name);
}

void cl_class_setter(lua_State *L, int32_t type, const char *name, int32_t function) {
  lua_pushinteger(L, function);
  set_part(L, type, part_setters, name);
}

void cl_class_index(lua_State *L, int32_t type, int32_t function) {
  push_class(L, type);
  lua_pushinteger(L, function);
  lua_rawseti(L, -2, part_index);
  lua_pop(L, 1);
}

void cl_class_meta(lua_State *L, int32_t type, const char *event, int32_t function) {
  push_class(L, type);
  cl_push_function(L, function);
  set_field(L, -2, event);
  lua_pop(L, 1);
}

bool cl_push_object(lua_State *L, int32_t type, void *object) {
  host *h = host_of(L);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &objects_key);
  if (lua_rawgetp(L, -1, object) == LUA_TUSERDATA && cl_to_object(L, -1, type) == object) {
    lua_remove(L, -2);
    return false;
  }
  lua_pop(L, 1);
  box *made = lua_newuserdatauv(L, sizeof *made, 0);
  made->object = object;
  h->live_objects++;
  push_class(L, type);
  lua_setmetatable(L, -2);
  lua_pushvalue(L, -1);
  lua_rawsetp(L, -3, object);
  lua_remove(L, -2);
  return true;
}
