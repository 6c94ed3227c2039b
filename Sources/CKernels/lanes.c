// A fork-join pool: spin, then yield, then sleep.
#include "CKernelsLanes.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#if defined(__x86_64__)
#define CK_PAUSE() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define CK_PAUSE() __asm__ volatile("yield")
#else
#define CK_PAUSE() ((void)0)
#endif

enum {
  spins_before_yield = 1500, // about 30 microseconds
  yields_before_sleep = 1000, // from half a millisecond up; longer when others want the processor
  join_spins = 1500,
};

struct ck_lanes {
  // Written by the caller while `open` is even, that is, while no worker looks at them.
  ck_part work;
  void *context;
  int parts;
  // Odd while a run is open to workers; grows by one when a run opens and when it closes.
  _Alignas(64) atomic_uint open;
  _Alignas(64) atomic_int next;   // first part that nobody has taken
  _Alignas(64) atomic_int inside; // workers that may be looking at the run
  _Alignas(64) atomic_bool busy;  // a caller owns the pool
  atomic_int asleep;
  atomic_bool ending;
  pthread_mutex_t mutex;
  pthread_cond_t wake;
  int count;
  pthread_t threads[];
};

static void take_parts(ck_lanes *lanes) {
  const ck_part work = lanes->work;
  void *const context = lanes->context;
  const int parts = lanes->parts;
  for (;;) {
    const int part = atomic_fetch_add_explicit(&lanes->next, 1, memory_order_relaxed);
    if (part >= parts) return;
    work(context, part);
  }
}

// Waits until `open` differs from `seen` and returns its new value.
static unsigned wait_for_run(ck_lanes *lanes, unsigned seen) {
  for (int spin = 0; spin < spins_before_yield + yields_before_sleep; spin++) {
    const unsigned now = atomic_load_explicit(&lanes->open, memory_order_acquire);
    if (now != seen || atomic_load_explicit(&lanes->ending, memory_order_relaxed)) return now;
    if (spin < spins_before_yield) {
      CK_PAUSE();
    } else {
      sched_yield();
    }
  }
  pthread_mutex_lock(&lanes->mutex);
  atomic_fetch_add(&lanes->asleep, 1);
  unsigned now;
  // The caller opens a run and then looks at `asleep`; this thread counts itself asleep and then
  // looks at `open`: one of the two sees the other.
  while ((now = atomic_load(&lanes->open)) == seen && !atomic_load(&lanes->ending)) {
    pthread_cond_wait(&lanes->wake, &lanes->mutex);
  }
  atomic_fetch_sub(&lanes->asleep, 1);
  pthread_mutex_unlock(&lanes->mutex);
  return now;
}

static void *worker(void *argument) {
  ck_lanes *lanes = argument;
  unsigned seen = 0;
  while (!atomic_load_explicit(&lanes->ending, memory_order_relaxed)) {
    seen = wait_for_run(lanes, seen);
    if ((seen & 1) == 0) continue;
    atomic_fetch_add(&lanes->inside, 1);
    // Only a run that is open now: its caller has not yet looked at `inside`, so it will wait.
    seen = atomic_load(&lanes->open);
    if (seen & 1) take_parts(lanes);
    atomic_fetch_sub_explicit(&lanes->inside, 1, memory_order_release);
  }
  return NULL;
}

ck_lanes *ck_lanes_create(int count) {
  if (count < 1) count = 1;
  if (count > 256) count = 256;
  const size_t bytes = sizeof(ck_lanes) + (size_t)count * sizeof(pthread_t);
  ck_lanes *lanes = NULL;
  if (posix_memalign((void **)&lanes, 64, bytes) != 0) return NULL;
  lanes->work = NULL;
  lanes->context = NULL;
  lanes->parts = 0;
  atomic_init(&lanes->open, 0);
  atomic_init(&lanes->next, 0);
  atomic_init(&lanes->inside, 0);
  atomic_init(&lanes->busy, false);
  atomic_init(&lanes->asleep, 0);
  atomic_init(&lanes->ending, false);
  pthread_mutex_init(&lanes->mutex, NULL);
  pthread_cond_init(&lanes->wake, NULL);
  lanes->count = 1;
  while (lanes->count < count &&
         pthread_create(&lanes->threads[lanes->count - 1], NULL, worker, lanes) == 0) {
    lanes->count++;
  }
  return lanes;
}

void ck_lanes_destroy(ck_lanes *lanes) {
  if (lanes == NULL) return;
  pthread_mutex_lock(&lanes->mutex);
  atomic_store(&lanes->ending, true);
  pthread_cond_broadcast(&lanes->wake);
  pthread_mutex_unlock(&lanes->mutex);
  for (int i = 0; i < lanes->count - 1; i++) pthread_join(lanes->threads[i], NULL);
  pthread_cond_destroy(&lanes->wake);
  pthread_mutex_destroy(&lanes->mutex);
  free(lanes);
}

int ck_lanes_count(const ck_lanes *lanes) { return lanes == NULL ? 1 : lanes->count; }

void ck_lanes_run(ck_lanes *lanes, int parts, ck_part work, void *context) {
  const bool alone = lanes == NULL || lanes->count == 1 || parts <= 1 ||
                     atomic_exchange_explicit(&lanes->busy, true, memory_order_acquire);
  if (alone) {
    for (int part = 0; part < parts; part++) work(context, part);
    return;
  }
  lanes->work = work;
  lanes->context = context;
  lanes->parts = parts;
  atomic_store_explicit(&lanes->next, 0, memory_order_relaxed);
  atomic_fetch_add(&lanes->open, 1);
  if (atomic_load(&lanes->asleep) > 0) {
    pthread_mutex_lock(&lanes->mutex);
    pthread_cond_broadcast(&lanes->wake);
    pthread_mutex_unlock(&lanes->mutex);
  }
  take_parts(lanes);
  atomic_fetch_add(&lanes->open, 1);
  for (int spin = 0; atomic_load(&lanes->inside) > 0; spin++) {
    if (spin < join_spins) {
      CK_PAUSE();
    } else {
      sched_yield();
    }
  }
  atomic_store_explicit(&lanes->busy, false, memory_order_release);
}
