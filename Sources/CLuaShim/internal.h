// What the files of the shim share: the host behind a state, and the helpers that raise.
#ifndef CLUASHIM_INTERNAL_H
#define CLUASHIM_INTERNAL_H

#include "CLuaShim.h"
#include <stdatomic.h>

struct cl_control {
  atomic_int references;
  atomic_int reason;           // cl_stop
  atomic_int watching;         // the watchdog is to go on
  _Atomic int64_t deadline;    // ns of the monotonic clock; 0 for none
  _Atomic int64_t grace;       // ns
  _Atomic double seconds;      // what the deadline was set to, for the message
};

enum { scope_depth = 16, hook_count = 1000 };

typedef struct scope {
  uint64_t id;
  bool written;
} scope;

typedef struct host {
  lua_State *main;
  lua_State *current;  // the coroutine that runs now
  cl_control *control;
  cl_callbacks callbacks;
  cl_limits limits;

  uint64_t used, peak;     // bytes of Lua memory
  bool over;               // the soft limit was passed since the last safe point
  cl_stop stopped;         // sticky: the script is being ended
  double call_seconds;     // for the message
  int64_t call_deadline;   // ns; 0 for none
  int64_t entered, lua_ns; // Lua time: start of the outermost call, and the sum of the past ones
  int32_t depth;           // nested cl_call
  int32_t close_depth;     // nested coroutine.close

  uint64_t external, external_threshold;  // bytes of tensors; the next collection
  int64_t live_objects;
  const void **classes;  // address of each class's metatable
  int32_t class_count, class_capacity;
  const void *tensor_class;

  uint64_t next_scope;
  scope scopes[scope_depth];
  int32_t scope_count;

  uint64_t random;
  int64_t start_time;
  bool allow_clock;

  char error_source[LUA_IDSIZE];
  int error_line;
} host;

static inline host *host_of(lua_State *L) { return *(host **)lua_getextraspace(L); }
int64_t monotonic_ns(void);

// Ends the process with one line on standard error; for when nothing else can be trusted.
_Noreturn void last_words(int code, const char *text);

// state.c
void install_hook(lua_State *L, int count);
// Why the script must stop now, or cl_stop_none; may run a full collection.
cl_stop stop_due(lua_State *L, host *h);
int raise_stop(lua_State *L, host *h, cl_stop reason);  // does not return
void check_stop(lua_State *L);                          // raises if the script must stop

// errors.c
int raise_top(lua_State *L, int how);  // does not return
// "bad argument #n 'name' to 'function' (expected x, got y)"; does not return.
int bad_argument(lua_State *L, int argument, const char *name, const char *expected);
void push_where(lua_State *L);  // "file:line: " of the innermost Lua code, or ""
void push_traceback(lua_State *L, lua_State *of, int level);
int message_handler(lua_State *L);
// Keeps the frames of a coroutine that died of the error on top of L, for the message handler.
void keep_inner_traceback(lua_State *L, lua_State *co);

// suggest.c
// Pushes " (did you mean 'x'?)" for the nearest string key of the table, or "".
void push_suggestion(lua_State *L, int table, const char *word, size_t length);

// text.c
void push_text(lua_State *L, int index);  // tostring without addresses
void add_escaped(luaL_Buffer *buffer, const char *text, size_t length);
int format(lua_State *L);
extern const char format_key;  // string.format of the library, in the registry
int print(lua_State *L);
int debug_traceback(lua_State *L);
int write_log(lua_State *L);  // upvalue 1: level

// sandbox*.c
// Goes on in the library function that is upvalue 1, in the same frame: its errors have the name
// and the place of the call in the script.
int pass_on(lua_State *L);
void open_sandbox(lua_State *L);
void sandbox_base(lua_State *L);
void sandbox_string(lua_State *L);
void sandbox_pattern(lua_State *L);  // find, match, gmatch, gsub
void sandbox_table(lua_State *L);
void sandbox_coroutine(lua_State *L);
void sandbox_os(lua_State *L);
void open_tensors(lua_State *L);
int tensor_limit_error(lua_State *L);  // does not return
extern const char sort_key;  // table.sort of the library, in the registry
int64_t bounded_length(lua_State *L, int index, const char *function);
int random_function(lua_State *L);
int sorted_pairs(lua_State *L);

// module.c
void set_field(lua_State *L, int table, const char *name);  // raw; pops the value
// Raises "unknown field 'x' of y" for the key at 2; a table of the known names is on top.
int unknown_field(lua_State *L, const char *of);
// A read-only module over the table on top; pops it.
void push_module(lua_State *L, const char *name);

#endif
