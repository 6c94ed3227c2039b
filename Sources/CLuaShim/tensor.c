// The tensor userdata: lifetime, memory accounting, the one check, indexing.
#include "tensor.h"
#include <string.h>

static const char expired_view[] =
    "expired view: tensors passed to a hook are valid only during that call (use :clone())";
static const char freed_tensor[] = "tensor used after free()";

// MARK: Scopes

static scope *find_scope(host *h, uint64_t id) {
  for (int32_t at = h->scope_count - 1; at >= 0; at--)
    if (h->scopes[at].id == id) return &h->scopes[at];
  return NULL;
}

uint64_t cl_scope_open(lua_State *L) {
  host *h = host_of(L);
  uint64_t id = h->next_scope++;
  if (h->scope_count < scope_depth) h->scopes[h->scope_count++] = (scope){id, false};
  return id;  // deeper than that, the views are born expired
}

void cl_scope_close(lua_State *L, uint64_t id) {
  host *h = host_of(L);
  while (h->scope_count > 0 && h->scopes[h->scope_count - 1].id >= id) h->scope_count--;
}

bool cl_scope_written(lua_State *L, uint64_t id) {
  scope *found = find_scope(host_of(L), id);
  return found && found->written;
}

// MARK: The check

bool is_tensor(lua_State *L, int index) {
  if (lua_type(L, index) != LUA_TUSERDATA || !lua_getmetatable(L, index)) return false;
  bool is = lua_topointer(L, -1) == host_of(L)->tensor_class;
  lua_pop(L, 1);
  return is;
}

tensor *checked(lua_State *L, int index, enum access access, const char **why) {
  *why = NULL;
  if (!is_tensor(L, index)) return NULL;
  tensor *t = lua_touserdata(L, index);
  if (!t->root->base) {
    *why = freed_tensor;
    return NULL;
  }
  if (t->root->scope) {
    scope *found = find_scope(host_of(L), t->root->scope);
    if (!found) {
      *why = expired_view;
      return NULL;
    }
    if (access == writing) found->written = true;
  }
  return t;
}

tensor *tensor_argument(lua_State *L, int index, const char *name, enum access access) {
  const char *why;
  tensor *t = checked(L, index, access, &why);
  if (!t && why) luaL_error(L, "%s", why);
  if (!t) bad_argument(L, index, name, "tensor");
  return t;
}

tensor *self_tensor(lua_State *L, enum access access) {
  return tensor_argument(L, 1, "self", access);
}

int cl_to_tensor(lua_State *L, int index, cl_tensor_view *view) {
  if (!lua_checkstack(L, 2)) return 1;
  const char *why;
  tensor *t = checked(L, index, reading, &why);
  if (!t) return why == freed_tensor ? 2 : why == expired_view ? 3 : 1;
  *view = (cl_tensor_view){t->base, t->owner, t->rows, t->columns, t->is_vector,
                           t == t->root && t->owner};
  return 0;
}

const char *push_shape(lua_State *L, const tensor *t) {
  if (t->is_vector) return lua_pushfstring(L, "[%I]", (LUAI_UACINT)t->columns);
  return lua_pushfstring(L, "[%I, %I]", (LUAI_UACINT)t->rows, (LUAI_UACINT)t->columns);
}

int shape_error(lua_State *L, const tensor *left, const tensor *right, const char *function) {
  const char *a = push_shape(L, left), *b = push_shape(L, right);
  return luaL_error(L, "shapes %s and %s do not fit in '%s'", a, b, function);
}

// MARK: Memory

// Counts bytes of tensors; collects garbage when they have doubled since the last collection,
// because Lua's collector sees only the small userdata.
static void charge(lua_State *L, uint64_t bytes) {
  host *h = host_of(L);
  h->external += bytes;
  if (h->external <= h->external_threshold && h->external <= h->limits.tensor_memory) return;
  lua_gc(L, LUA_GCCOLLECT);
  uint64_t twice = 2 * h->external;
  h->external_threshold = twice > (64u << 20) ? twice : 64u << 20;
}

static void release(lua_State *L, tensor *t) {
  host *h = host_of(L);
  h->external -= t->charged;
  t->charged = 0;
  t->base = NULL;
  void *owner = t->owner;
  t->owner = NULL;
  if (owner) {
    h->live_objects--;
    h->callbacks.release(owner);
  }
}

static tensor *push_userdata(lua_State *L, int user_values) {
  tensor *t = lua_newuserdatauv(L, sizeof *t, user_values);
  memset(t, 0, sizeof *t);
  t->root = t;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &host_of(L)->tensor_class);
  lua_setmetatable(L, -2);
  return t;
}

tensor *push_part(lua_State *L, int index, float *base, int64_t rows, int64_t columns,
                  bool is_vector) {
  index = lua_absindex(L, index);
  tensor *whole = lua_touserdata(L, index);
  tensor *part = push_userdata(L, 1);
  part->base = base;
  part->rows = rows;
  part->columns = columns;
  part->is_vector = is_vector;
  if (whole == whole->root)
    lua_pushvalue(L, index);
  else
    lua_getiuservalue(L, index, 1);
  lua_setiuservalue(L, -2, 1);
  part->root = whole->root;
  return part;
}

void cl_push_tensor(lua_State *L, void *owner, float *base, int64_t rows, int64_t columns,
                    bool is_vector) {
  tensor *t = push_userdata(L, 0);
  t->owner = owner;
  t->base = base;
  t->rows = rows;
  t->columns = columns;
  t->is_vector = is_vector;
  t->charged = (uint64_t)(rows * columns) * sizeof(float);
  host_of(L)->live_objects++;
  charge(L, t->charged);
}

void cl_push_view(lua_State *L, float *base, int64_t rows, int64_t columns, bool is_vector,
                  uint64_t scope) {
  tensor *t = push_userdata(L, 0);
  t->base = base;
  t->rows = rows;
  t->columns = columns;
  t->is_vector = is_vector;
  t->scope = scope;
}

int tensor_limit_error(lua_State *L) {
  return luaL_error(L, "tensor memory limit exceeded (%d MiB, --tensor-memory): close tensors that "
                    "are done with t:free()", (int)(host_of(L)->limits.tensor_memory >> 20));
}

tensor *new_tensor(lua_State *L, int64_t rows, int64_t columns, bool is_vector) {
  host *h = host_of(L);
  int64_t count = 0, bytes = 0;
  luaL_checkstack(L, 6, NULL);
  if (rows < 0 || columns < 0 || __builtin_mul_overflow(rows, columns, &count) ||
      __builtin_mul_overflow(count, (int64_t)sizeof(float), &bytes) ||
      (uint64_t)bytes > h->limits.tensor_memory)
    luaL_error(L, "tensor memory limit exceeded (tensor of %I x %I floats, limit %d MiB, "
               "--tensor-memory)", (LUAI_UACINT)rows, (LUAI_UACINT)columns,
               (int)(h->limits.tensor_memory >> 20));
  uint64_t room = h->limits.tensor_memory - (uint64_t)bytes;
  if (h->external > room) lua_gc(L, LUA_GCCOLLECT);
  if (h->external > room) tensor_limit_error(L);
  float *base;
  void *owner = h->callbacks.new_tensor(rows, columns, is_vector, &base);
  cl_push_tensor(L, owner, base, rows, columns, is_vector);
  return lua_touserdata(L, -1);
}

tensor *new_like(lua_State *L, const tensor *shape) {
  return new_tensor(L, shape->rows, shape->columns, shape->is_vector);
}

// Never raises, allows a second time, and runs on nothing but tensors.
static int collect(lua_State *L) {
  if (is_tensor(L, 1)) release(L, lua_touserdata(L, 1));
  return 0;
}

static int free_now(lua_State *L) {
  if (!is_tensor(L, 1)) return bad_argument(L, 1, "self", "tensor");
  tensor *t = lua_touserdata(L, 1);
  if (t != t->root) return luaL_error(L, "only a whole tensor can be freed, this is a part of one");
  release(L, t);
  return 0;
}

static int close(lua_State *L) {
  if (is_tensor(L, 1)) {
    tensor *t = lua_touserdata(L, 1);
    if (t == t->root) release(L, t);
  }
  return 0;
}

void cl_tensor_constructors(lua_State *L) { luaL_setfuncs(L, tensor_makers, 0); }

void open_tensors(lua_State *L) {
  host *h = host_of(L);
  lua_newtable(L);
  h->tensor_class = lua_topointer(L, -1);
  lua_newtable(L);
  luaL_setfuncs(L, tensor_arithmetic, 0);
  luaL_setfuncs(L, tensor_reductions, 0);
  luaL_setfuncs(L, tensor_shapes, 0);
  lua_pushcfunction(L, free_now);
  lua_setfield(L, -2, "free");
  lua_pushcclosure(L, tensor_get, 1);
  lua_setfield(L, -2, "__index");
  static const luaL_Reg events[] = {{"__gc", collect}, {"__close", close}, {NULL, NULL}};
  luaL_setfuncs(L, events, 0);
  luaL_setfuncs(L, tensor_indexing, 0);
  luaL_setfuncs(L, tensor_operators, 0);
  luaL_setfuncs(L, tensor_text, 0);
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_pushliteral(L, "tensor");
  lua_setfield(L, -2, "__name");
  lua_rawsetp(L, LUA_REGISTRYINDEX, &h->tensor_class);
}
