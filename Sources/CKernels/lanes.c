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

// Parts next .. end - 1 are left of a lane's share. Neighbouring parts go to one lane, since they
// read neighbouring memory; a lane that has done its own takes from the others.
typedef struct {
  _Alignas(64) atomic_int next;
  int end;
} share;

typedef struct {
  ck_lanes *lanes;
  int index;
  pthread_t thread;
} lane;

struct ck_lanes {
  // Written by the caller while `open` is even, that is, while no worker looks at them.
  ck_part work;
  void *context;
  share *shares; // [count]
  // Odd while a run is open to workers; grows by one when a run opens and when it closes.
  _Alignas(64) atomic_uint open;
  _Alignas(64) atomic_int inside; // workers that may be looking at the run
  _Alignas(64) atomic_bool busy;  // a caller owns the pool
  atomic_int asleep;
  atomic_bool ending;
  pthread_mutex_t mutex;
  pthread_cond_t wake;
  int count;
  lane lanes[]; // of the workers; lane 0 is the caller's
};

static void take_parts(ck_lanes *lanes, int index) {
  const ck_part work = lanes->work;
  void *const context = lanes->context;
  for (int i = 0; i < lanes->count; i++) {
    share *const s = &lanes->shares[(index + i) % lanes->count];
    for (;;) {
      if (atomic_load_explicit(&s->next, memory_order_relaxed) >= s->end) break;
      const int part = atomic_fetch_add_explicit(&s->next, 1, memory_order_relaxed);
      if (part >= s->end) break;
      work(context, part);
    }
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
  const lane *self = argument;
  ck_lanes *lanes = self->lanes;
  unsigned seen = 0;
  while (!atomic_load_explicit(&lanes->ending, memory_order_relaxed)) {
    seen = wait_for_run(lanes, seen);
    if ((seen & 1) == 0) continue;
    atomic_fetch_add(&lanes->inside, 1);
    // Only a run that is open now: its caller has not yet looked at `inside`, so it will wait.
    seen = atomic_load(&lanes->open);
    if (seen & 1) take_parts(lanes, self->index);
    atomic_fetch_sub_explicit(&lanes->inside, 1, memory_order_release);
  }
  return NULL;
}

ck_lanes *ck_lanes_create(int count) {
  if (count < 1) count = 1;
  if (count > 256) count = 256;
  const size_t bytes = sizeof(ck_lanes) + (size_t)count * sizeof(lane);
  ck_lanes *lanes = NULL;
  share *shares = NULL;
  if (posix_memalign((void **)&lanes, 64, bytes) != 0) return NULL;
  if (posix_memalign((void **)&shares, 64, (size_t)count * sizeof(share)) != 0) {
    free(lanes);
    return NULL;
  }
  lanes->shares = shares;
  lanes->work = NULL;
  lanes->context = NULL;
  atomic_init(&lanes->open, 0);
  atomic_init(&lanes->inside, 0);
  atomic_init(&lanes->busy, false);
  atomic_init(&lanes->asleep, 0);
  atomic_init(&lanes->ending, false);
  pthread_mutex_init(&lanes->mutex, NULL);
  pthread_cond_init(&lanes->wake, NULL);
  // Workers look at `count` after the first run has opened only.
  lanes->count = 1;
  while (lanes->count < count) {
    lane *const next = &lanes->lanes[lanes->count - 1];
    next->lanes = lanes;
    next->index = lanes->count;
    if (pthread_create(&next->thread, NULL, worker, next) != 0) break;
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
  for (int i = 0; i < lanes->count - 1; i++) pthread_join(lanes->lanes[i].thread, NULL);
  pthread_cond_destroy(&lanes->wake);
  pthread_mutex_destroy(&lanes->mutex);
  free(lanes->shares);
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
  for (int i = 0; i < lanes->count; i++) {
    share *const s = &lanes->shares[i];
    atomic_store_explicit(&s->next, (int)((int64_t)parts * i / lanes->count),
                          memory_order_relaxed);
    s->end = (int)((int64_t)parts * (i + 1) / lanes->count);
  }
  atomic_fetch_add(&lanes->open, 1);
  if (atomic_load(&lanes->asleep) > 0) {
    pthread_mutex_lock(&lanes->mutex);
    pthread_cond_broadcast(&lanes->wake);
    pthread_mutex_unlock(&lanes->mutex);
  }
  take_parts(lanes, 0);
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
