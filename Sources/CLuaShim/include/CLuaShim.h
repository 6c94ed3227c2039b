// The only code that may raise Lua errors: everything Swift needs of a Lua state, as calls that
// return. See Sources/Scripting for the Swift side.
//
// Two rules keep `longjmp` out of Swift frames. A call from Swift into Lua goes through `cl_call`
// or `cl_load`, which protect it. A call from Lua into Swift goes through `cl_callbacks.call`,
// which returns a number of results or one of `cl_raise_…`, and C raises when Swift has returned.
// The allocator never fails, so pushing a value does not raise either.
#ifndef CLUASHIM_H
#define CLUASHIM_H

#include "ring.h"
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// MARK: Stopping a script from other threads

// A counted, thread-safe switch: outlives the state, so a signal handler may keep it.
typedef struct cl_control cl_control;

// Why a script was stopped; no script code runs after that.
typedef enum cl_stop {
  cl_stop_none = 0,
  cl_stop_time = 1,       // the deadline of the run has passed
  cl_stop_call_time = 2,  // one callback used more than its Lua time
  cl_stop_memory = 3,     // Lua memory above the soft limit after a full collection
  cl_stop_interrupt = 4,  // the user asked
} cl_stop;

cl_control *cl_control_new(void);
cl_control *cl_control_retain(cl_control *control);
void cl_control_release(cl_control *control);
void cl_control_stop(cl_control *control, cl_stop reason);
cl_stop cl_control_reason(const cl_control *control);
// Seconds from now until the run must end; <= 0 removes the deadline.
void cl_control_deadline(cl_control *control, double seconds);
// Starts the thread that ends the process with code 124 when the deadline has passed by `grace`
// seconds; stopped by cl_watchdog_stop. Returns false if no thread could be made.
bool cl_watchdog_start(cl_control *control, double grace);
void cl_watchdog_stop(cl_control *control);
// Runs `body` on a thread with a stack of `stack` bytes and waits for it; false if no thread could
// be made.
bool cl_run_on_thread(size_t stack, void (*body)(void *context), void *context);

// MARK: What the system has for confining this process

// The version of Landlock's interface, from 1; 0 where the kernel has none or does not say.
int cl_landlock_version(void);
// Whether the kernel takes seccomp filters.
bool cl_has_seccomp(void);

// MARK: The state

typedef struct cl_callbacks {
  void *context;  // the Swift machine, handed to every callback
  // Runs host function number `function` with its arguments on the stack of `state`. Returns the
  // number of results on top, or cl_raise_here / cl_raise_as_is with the error value on top.
  int32_t (*call)(void *context, lua_State *state, int32_t function);
  // Gives up the reference that a userdata held.
  void (*release)(void *object);
  // Makes a zeroed tensor; returns its retained owner, and its first element in `base`.
  void *(*new_tensor)(int64_t rows, int64_t columns, int32_t is_vector, float **base);
  // A finished line of `print` or of the log: escaped UTF-8. `level` < 0 for print.
  void (*write)(void *context, int32_t level, const char *text, size_t length);
} cl_callbacks;

enum {
  cl_raise_here = -1,   // put "file:line:" of the calling Lua code before the message
  cl_raise_as_is = -2,  // the message has its position already
};

typedef struct cl_limits {
  uint64_t soft_memory;    // bytes of Lua memory; an error at the next safe point
  uint64_t hard_memory;    // bytes of Lua memory; the process ends with code 125
  uint64_t tensor_memory;  // bytes of tensors
  int32_t depth;           // nested calls host -> Lua
  uint64_t source_bytes;   // length of a chunk given to load
} cl_limits;

// Makes a state with the sandboxed standard library, or returns NULL where memory is out.
lua_State *cl_open(cl_callbacks callbacks, cl_limits limits, cl_control *control, uint64_t seed,
                   int64_t start_time, bool allow_clock);
void cl_close(lua_State *L);
const char *cl_release(void);

cl_stop cl_stopped(lua_State *L);
// For long work of the host: whether the script must end now. If so it is ended as by the hook.
cl_stop cl_check_stop(lua_State *L);
uint64_t cl_memory_used(lua_State *L);
uint64_t cl_memory_peak(lua_State *L);
uint64_t cl_tensor_memory(lua_State *L);
int64_t cl_live_objects(lua_State *L);
void cl_collect(lua_State *L);
// Seconds of Lua time used, without the time between cl_host_time_begin and …_end.
double cl_lua_time(lua_State *L);
int64_t cl_host_time_begin(lua_State *L);
void cl_host_time_end(lua_State *L, int64_t begun);
// Seconds of Lua time that the code run from now on may use; <= 0 for no limit. Returns a mark for
// cl_call_budget_restore.
int64_t cl_call_budget(lua_State *L, double seconds);
void cl_call_budget_restore(lua_State *L, int64_t mark);
uint64_t cl_random_next(lua_State *L);
double cl_random_uniform(lua_State *L);
// Where the stream stands, and setting it there again.
uint64_t cl_random_state(lua_State *L);
void cl_random_restore(lua_State *L, uint64_t random);

// MARK: Protected calls

// Compiles a text chunk; LUA_OK with the function on top, or a status with the message on top.
int cl_load(lua_State *L, const char *text, size_t length, const char *name);
// lua_pcall with the user's traceback kept; the error value on top is always a string.
int cl_call(lua_State *L, int arguments, int results);
// After a failed cl_call: frames of user code, one a line, innermost first; "" if none.
const char *cl_traceback(lua_State *L);
const char *cl_error_source(lua_State *L);
int cl_error_line(lua_State *L);
// "file:line" of the innermost user code now running; false if there is none.
bool cl_where(lua_State *L, char *source, size_t capacity, int *line);

// MARK: Functions, modules and classes

void cl_push_function(lua_State *L, int32_t function);
// Whether the value is a function that cl_push_function pushed: its first upvalue is the number.
int cl_is_host_function(lua_State *L, int index);
// Pops a table of fields and pushes a read-only module over it, called `name` in messages.
void cl_push_module(lua_State *L, const char *name);
// The table of global variables.
void cl_push_globals(lua_State *L);
// Functions written in C: "random", "spairs".
void cl_push_builtin(lua_State *L, const char *name);
// cast.log.…: formats and hands the line to `write` with this level.
void cl_push_log(lua_State *L, int32_t level);
// A `require` that asks host function `finder` for (text, chunk name) of a module not yet loaded.
void cl_push_require(lua_State *L, int32_t finder);
void cl_set_loaded(lua_State *L, const char *name);  // pops the value that require(name) gives

int32_t cl_class_new(lua_State *L, const char *name);
void cl_class_method(lua_State *L, int32_t type, const char *name, int32_t function);
void cl_class_getter(lua_State *L, int32_t type, const char *name, int32_t function);
void cl_class_setter(lua_State *L, int32_t type, const char *name, int32_t function);
void cl_class_index(lua_State *L, int32_t type, int32_t function);
void cl_class_meta(lua_State *L, int32_t type, const char *event, int32_t function);
// Pushes the userdata of `object`; takes over its reference only if it returns true (the object
// had no userdata yet).
bool cl_push_object(lua_State *L, int32_t type, void *object);
// The object at `index`, or NULL if that is no object of this class.
void *cl_to_object(lua_State *L, int index, int32_t type);
// The class of the object at `index`, or -1.
int32_t cl_object_class(lua_State *L, int index);
// Name for messages: "model", "tensor", "number", "nil" …
const char *cl_type_name(lua_State *L, int index);

// MARK: Tensors

typedef struct cl_tensor_view {
  float *base;
  void *owner;  // the Swift tensor, or NULL for a view of a hook's buffer
  int64_t rows, columns;
  bool is_vector;
  bool is_whole;  // the view shows all of its owner, in the owner's shape
} cl_tensor_view;

// Adds the constructors to the table on top.
void cl_tensor_constructors(lua_State *L);
// Pushes a tensor and takes over the reference to `owner`; charges its bytes.
void cl_push_tensor(lua_State *L, void *owner, float *base, int64_t rows, int64_t columns,
                    bool is_vector);
// Pushes a view of a buffer that is valid until `scope` is closed.
void cl_push_view(lua_State *L, float *base, int64_t rows, int64_t columns, bool is_vector,
                  uint64_t scope);
// Returns 0 and fills `view`; 1 if this is no tensor, 2 if it is freed, 3 if expired.
int cl_to_tensor(lua_State *L, int index, cl_tensor_view *view);
uint64_t cl_scope_open(lua_State *L);
void cl_scope_close(lua_State *L, uint64_t scope);
// Whether a view of `scope` was written since the scope was opened.
bool cl_scope_written(lua_State *L, uint64_t scope);
bool cl_all_finite(const float *base, int64_t count);

// MARK: Files

// Opens a regular file for reading below an open folder; symbolic links may not lead out of it.
// Returns a descriptor or -errno: -EXDEV for a path that leaves, -EINVAL for what is no file.
int cl_open_beneath(int folder, const char *path);
// Opens a folder; with `beneath`, below another one. Returns a descriptor or -errno.
int cl_open_folder(const char *path);
int cl_open_folder_beneath(int folder, const char *path);
// Makes the folders of a relative path that are missing, below an open folder; 0 or -errno.
int cl_make_folders(int folder, const char *path);
int cl_make_folder(const char *path);
// Where an open file lies, without symbolic links; false if that cannot be told.
bool cl_location(int file, char *path, size_t capacity);
// The path without symbolic links; false if it does not exist.
bool cl_real_path(const char *path, char *real, size_t capacity);
bool cl_current_folder(char *path, size_t capacity);
// Size in bytes, and number of names (hard links); -1 if that cannot be told.
int64_t cl_file_size(int file);
int64_t cl_file_links(int file);
// Reads up to `count` bytes; the number read, 0 at the end, or -errno.
int64_t cl_read(int file, void *bytes, size_t count);
void cl_close_file(int file);
// Writes a file in an open folder under another name and renames it when it is complete; the
// file's mode is 0600. 0, -EEXIST for a file that is there and not to be replaced, or -errno.
int cl_write_file(int folder, const char *name, const void *bytes, size_t count, bool replaces);
// Whether a name in an open folder is free, or a regular file that has no other name.
bool cl_is_plain_or_missing(int folder, const char *name);
// The text of an errno.
const char *cl_error_text(int number);
bool cl_is_missing(int number);  // ENOENT
bool cl_is_outside(int number);  // the path leaves its folder, or is refused
bool cl_is_existing(int number); // EEXIST

// MARK: Macros of lua.h, as functions

static inline void cl_pop(lua_State *L, int count) { lua_settop(L, -count - 1); }
static inline int cl_registry_index(void) { return LUA_REGISTRYINDEX; }
static inline bool cl_is_nil_or_none(lua_State *L, int index) { return lua_type(L, index) <= 0; }
static inline int cl_ref(lua_State *L) { return luaL_ref(L, LUA_REGISTRYINDEX); }
static inline void cl_unref(lua_State *L, int ref) { luaL_unref(L, LUA_REGISTRYINDEX, ref); }
static inline void cl_push_ref(lua_State *L, int ref) { lua_rawgeti(L, LUA_REGISTRYINDEX, ref); }
// Pops a value and makes it a global variable, without metamethods.
static inline void cl_set_global(lua_State *L, const char *name) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
  lua_pushstring(L, name);
  lua_rotate(L, -3, -1);
  lua_rawset(L, -3);
  lua_settop(L, -2);
}
// A string without conversion in place; NULL for anything but a string.
static inline const char *cl_string(lua_State *L, int index, size_t *length) {
  return lua_type(L, index) == LUA_TSTRING ? lua_tolstring(L, index, length) : NULL;
}

#endif
