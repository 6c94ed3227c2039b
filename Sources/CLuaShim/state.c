// A state's life: memory limits, the hook that ends a script, the clock.
#include "internal.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

const char *cl_release(void) { return LUA_RELEASE; }

int64_t monotonic_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

_Noreturn void last_words(int code, const char *text) {
  ssize_t ignored = write(STDERR_FILENO, text, strlen(text));
  (void)ignored;
  _exit(code);
}

// Never fails: an allocator that returns NULL starts emergency collections in the middle of
// anything (5.4.4 corrupts its heap there) and raises out of every push.
static void *allocate(void *context, void *old, size_t old_size, size_t size) {
  host *h = context;
  h->used -= old ? old_size : 0;
  if (size == 0) {
    free(old);
    return NULL;
  }
  h->used += size;
  if (h->used > h->peak) h->peak = h->used;
  if (h->used > h->limits.hard_memory)
    last_words(125, "casthost: the script used four times its memory limit (--lua-memory).\n");
  if (h->used > h->limits.soft_memory && !h->over && h->main) {
    h->over = true;
    install_hook(h->current, 1);
  }
  void *block = realloc(old, size);
  if (!block) last_words(125, "casthost: the machine has no memory left for the script.\n");
  return block;
}

static int panic(lua_State *L) {
  (void)L;
  last_words(1, "casthost: a Lua error escaped its protected call; this is a bug of casthost.\n");
}

static void count_hook(lua_State *L, lua_Debug *event) {
  (void)event;
  check_stop(L);
}

void install_hook(lua_State *L, int count) { lua_sethook(L, count_hook, LUA_MASKCOUNT, count); }

cl_stop stop_due(lua_State *L, host *h) {
  if (h->stopped) return h->stopped;
  cl_stop asked = (cl_stop)atomic_load_explicit(&h->control->reason, memory_order_relaxed);
  if (asked) return asked;
  if (h->over) {
    lua_gc(L, LUA_GCCOLLECT);
    if (h->used > h->limits.soft_memory - h->limits.soft_memory / 16) return cl_stop_memory;
    h->over = false;
    install_hook(L, hook_count);
  }
  int64_t deadline = atomic_load_explicit(&h->control->deadline, memory_order_relaxed);
  if (!deadline && !h->call_deadline) return cl_stop_none;
  int64_t now = monotonic_ns();
  if (deadline && now > deadline) return cl_stop_time;
  if (h->call_deadline && now > h->call_deadline) return cl_stop_call_time;
  return cl_stop_none;
}

int raise_stop(lua_State *L, host *h, cl_stop reason) {
  h->stopped = reason;
  install_hook(L, 1);
  install_hook(h->main, 1);
  luaL_checkstack(L, 4, NULL);
  push_where(L);
  switch (reason) {
  case cl_stop_memory:
    lua_pushfstring(L, "memory limit exceeded (%d MiB of Lua values, --lua-memory)",
                    (int)(h->limits.soft_memory >> 20));
    break;
  case cl_stop_call_time:
    lua_pushfstring(L, "time limit exceeded (%f s of Lua time in one call, --lua-time)",
                    h->call_seconds);
    break;
  case cl_stop_interrupt: lua_pushliteral(L, "interrupted"); break;
  default:
    lua_pushfstring(L, "time limit exceeded (%f s, --time-limit)",
                    atomic_load(&h->control->seconds));
    break;
  }
  lua_concat(L, 2);
  return lua_error(L);
}

void check_stop(lua_State *L) {
  host *h = host_of(L);
  cl_stop reason = stop_due(L, h);
  if (reason) raise_stop(L, h, reason);
}

cl_stop cl_check_stop(lua_State *L) {
  host *h = host_of(L);
  h->stopped = stop_due(L, h);
  if (h->stopped) {
    install_hook(h->current, 1);
    install_hook(h->main, 1);
  }
  return h->stopped;
}

static int open_all(lua_State *L) {
  open_sandbox(L);
  open_tensors(L);
  return 0;
}

lua_State *cl_open(cl_callbacks callbacks, cl_limits limits, cl_control *control, uint64_t seed,
                   int64_t start_time, bool allow_clock) {
  host *h = calloc(1, sizeof *h);
  if (!h) return NULL;
  h->callbacks = callbacks;
  h->limits = limits;
  h->control = cl_control_retain(control);
  h->random = seed;
  h->start_time = start_time;
  h->allow_clock = allow_clock;
  h->external_threshold = 64 << 20;
  h->next_scope = 1;
  lua_State *L = lua_newstate(allocate, h);
  if (!L) {
    cl_control_release(control);
    free(h);
    return NULL;
  }
  *(host **)lua_getextraspace(L) = h;
  h->main = h->current = L;
  lua_atpanic(L, panic);
  install_hook(L, hook_count);
  lua_pushcfunction(L, open_all);
  if (lua_pcall(L, 0, 0, 0) != LUA_OK) {
    cl_close(L);
    return NULL;
  }
  return L;
}

// No script finalizer exists (`__gc` is refused), so closing runs no script code, even after a
// script was stopped.
void cl_close(lua_State *L) {
  host *h = host_of(L);
  lua_close(h->main);
  cl_control_release(h->control);
  free(h->classes);
  free(h);
}

cl_stop cl_stopped(lua_State *L) { return host_of(L)->stopped; }
uint64_t cl_memory_used(lua_State *L) { return host_of(L)->used; }
uint64_t cl_memory_peak(lua_State *L) { return host_of(L)->peak; }
uint64_t cl_tensor_memory(lua_State *L) { return host_of(L)->external; }
int64_t cl_live_objects(lua_State *L) { return host_of(L)->live_objects; }
void cl_collect(lua_State *L) { lua_gc(L, LUA_GCCOLLECT); }

double cl_lua_time(lua_State *L) {
  host *h = host_of(L);
  int64_t running = h->depth > 0 ? monotonic_ns() - h->entered : 0;
  return (double)(h->lua_ns + running) * 1e-9;
}

int64_t cl_host_time_begin(lua_State *L) {
  (void)L;
  return monotonic_ns();
}

void cl_host_time_end(lua_State *L, int64_t begun) {
  host *h = host_of(L);
  int64_t elapsed = monotonic_ns() - begun;
  h->entered += elapsed;
  if (h->call_deadline) h->call_deadline += elapsed;
}

int64_t cl_call_budget(lua_State *L, double seconds) {
  host *h = host_of(L);
  int64_t mark = h->call_deadline ? h->call_deadline - monotonic_ns() : 0;
  h->call_seconds = seconds;
  h->call_deadline = seconds > 0 ? monotonic_ns() + (int64_t)(seconds * 1e9) : 0;
  return mark;
}

void cl_call_budget_restore(lua_State *L, int64_t mark) {
  host *h = host_of(L);
  h->call_deadline = mark ? monotonic_ns() + mark : 0;
}
