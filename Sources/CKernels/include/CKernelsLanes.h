#ifndef CKERNELS_LANES_H
#define CKERNELS_LANES_H

// A pool of threads that share the parts of one piece of work.
//
// A run costs less than a microsecond while the workers are awake. Workers spin for a moment after
// a run, then yield, then sleep, so an idle pool uses no processor. The caller never waits for a
// worker that has not taken a part.
typedef struct ck_lanes ck_lanes;

// One part of the work; any thread, any order.
typedef void (*ck_part)(void *context, int part);

// Starts `count` - 1 workers (1 <= count <= 256); fewer if the system refuses more. Null when
// there is no memory.
ck_lanes *ck_lanes_create(int count);

// Ends and joins the workers. No run may be under way.
void ck_lanes_destroy(ck_lanes *lanes);

// Threads that take part, the caller's included.
int ck_lanes_count(const ck_lanes *lanes);

// Calls work(context, 0 .. parts - 1), each exactly once, and returns when all have returned.
// Called from inside a part, or while another thread's run is under way, it does all the parts
// itself. A null pool is a pool of one.
void ck_lanes_run(ck_lanes *lanes, int parts, ck_part work, void *context);

#endif
