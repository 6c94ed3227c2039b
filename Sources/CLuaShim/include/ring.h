// The outer ring: what the kernel refuses this process from now on, and every thread that it
// starts. To be closed while the process has one thread.
#ifndef CLUASHIM_RING_H
#define CLUASHIM_RING_H

#include <stdbool.h>

// The version of Landlock that the kernel has; 0 for none.
int cl_ring_files_version(void);
// A set of rules that allows no file; a descriptor or -errno.
int cl_ring_open(void);
// Allows what is at a path, and below it, to be read, or also written; 0 or -errno.
int cl_ring_allow(int ruleset, const char *path, bool writes);
// Puts the rules in force and closes the descriptor; 0 or -errno.
int cl_ring_close(int ruleset);
// Puts the filter of system calls in force, for every thread; 0 or -errno. What it refuses fails
// with EPERM; what no program could want here ends the process.
int cl_ring_filter_calls(void);

#endif
