// The switch that other threads may throw, and the watchdog behind it.
#include "internal.h"
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

cl_control *cl_control_new(void) {
  cl_control *control = calloc(1, sizeof *control);
  if (!control) last_words(125, "casthost: the machine has no memory left.\n");
  atomic_init(&control->references, 1);
  return control;
}

cl_control *cl_control_retain(cl_control *control) {
  atomic_fetch_add(&control->references, 1);
  return control;
}

void cl_control_release(cl_control *control) {
  if (atomic_fetch_sub(&control->references, 1) == 1) free(control);
}

void cl_control_stop(cl_control *control, cl_stop reason) {
  int none = cl_stop_none;
  atomic_compare_exchange_strong(&control->reason, &none, reason);
}

cl_stop cl_control_reason(const cl_control *control) {
  return (cl_stop)atomic_load(&control->reason);
}

void cl_control_deadline(cl_control *control, double seconds) {
  int64_t deadline = seconds > 0 ? monotonic_ns() + (int64_t)(seconds * 1e9) : 0;
  atomic_store(&control->seconds, seconds);
  atomic_store(&control->deadline, deadline);
}

// A script may sit in one C function (a hostile pattern) that no hook interrupts; this ends it.
static void *watch(void *argument) {
  cl_control *control = argument;
  while (atomic_load(&control->watching)) {
    int64_t deadline = atomic_load(&control->deadline);
    if (deadline && monotonic_ns() > deadline + atomic_load(&control->grace))
      last_words(124, "casthost: time limit exceeded (--time-limit); the script did not stop by "
                      "itself and was ended.\n");
    struct timespec pause = {.tv_sec = 0, .tv_nsec = 50 * 1000 * 1000};
    nanosleep(&pause, NULL);
  }
  cl_control_release(control);
  return NULL;
}

bool cl_watchdog_start(cl_control *control, double grace) {
  if (atomic_exchange(&control->watching, 1)) return true;
  atomic_store(&control->grace, (int64_t)(grace * 1e9));
  pthread_t thread;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  bool made = pthread_create(&thread, &attributes, watch, cl_control_retain(control)) == 0;
  pthread_attr_destroy(&attributes);
  if (!made) cl_control_release(control);
  return made;
}

void cl_watchdog_stop(cl_control *control) { atomic_store(&control->watching, 0); }

typedef struct job {
  void (*body)(void *context);
  void *context;
} job;

static void *run_job(void *argument) {
  job *todo = argument;
  todo->body(todo->context);
  return NULL;
}

bool cl_run_on_thread(size_t stack, void (*body)(void *context), void *context) {
  job todo = {body, context};
  pthread_t thread;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, stack);
  bool made = pthread_create(&thread, &attributes, run_job, &todo) == 0;
  pthread_attr_destroy(&attributes);
  return made && pthread_join(thread, NULL) == 0;
}
