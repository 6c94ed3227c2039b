// The outer ring: what the kernel refuses this process, whatever becomes of the code above.
// Landlock for files, TCP and signals; a seccomp filter for system calls that no recipe needs.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "internal.h"
#include "ring.h"
#include <errno.h>

#if defined(__linux__)
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// The kernel's headers may be older than the kernel; its numbers never change.
enum { create_ruleset = 444, add_rule = 445, restrict_self = 446 };

enum {  // file rights, LANDLOCK_ACCESS_FS_…
  right_write = 1 << 1,
  right_read = 1 << 2,
  right_list = 1 << 3,
  right_remove_folder = 1 << 4,
  right_remove_file = 1 << 5,
  right_make_folder = 1 << 7,
  right_make_file = 1 << 8,
  right_truncate = 1 << 14,
  reading = right_read | right_list,
  writing = right_write | right_remove_folder | right_remove_file | right_make_folder |
            right_make_file | right_truncate,
  // What a rule on a file, not on a folder, may have.
  of_files = right_write | right_read | right_truncate,
};

typedef struct rules {
  uint64_t files, ports, scopes;
} rules;

// All that an ABI can refuse, and how much of `struct rules` it knows.
static rules known_rules(int abi, size_t *size) {
  static const int file_rights[] = {0, 13, 14, 15, 15, 16};  // by ABI, then the last
  int last = (int)(sizeof file_rights / sizeof *file_rights) - 1;
  rules all = {(UINT64_C(1) << file_rights[abi < last ? abi : last]) - 1, abi >= 4 ? 3 : 0,
               abi >= 6 ? 3 : 0};
  *size = sizeof(uint64_t) * (abi >= 6 ? 3 : abi >= 4 ? 2 : 1);
  return all;
}

int cl_ring_files_version(void) {
  long abi = syscall(create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return abi > 0 ? (int)abi : 0;
}

int cl_ring_open(void) {
  int abi = cl_ring_files_version();
  if (abi == 0) return -ENOSYS;
  size_t size;
  rules all = known_rules(abi, &size);
  long ruleset = syscall(create_ruleset, &all, size, 0);
  return ruleset >= 0 ? (int)ruleset : -errno;
}

int cl_ring_allow(int ruleset, const char *path, bool writes) {
  int place = open(path, O_PATH | O_CLOEXEC);
  if (place < 0) return -errno;
  size_t size;
  struct stat status;
  uint64_t wanted = writes ? reading | writing : reading;
  if (fstat(place, &status) == 0 && !S_ISDIR(status.st_mode)) wanted &= of_files;
  struct landlock_path_beneath_attr rule = {
      .allowed_access = wanted & known_rules(cl_ring_files_version(), &size).files,
      .parent_fd = place};
  int error = syscall(add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0 ? 0 : -errno;
  close(place);
  return error;
}

// libdispatch reads /proc/THREAD/stat of its workers and ends the process where it cannot, and no
// rule can name threads that do not exist yet. What matters there stays closed: memory and
// environment of other processes by Landlock's own rule for debuggers, writing by this one.
static void allow_thread_states(int ruleset) {
  int folder = open("/proc", O_PATH | O_CLOEXEC);
  struct landlock_path_beneath_attr rule = {.allowed_access = right_read, .parent_fd = folder};
  if (folder < 0) return;
  syscall(add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
  close(folder);
}

int cl_ring_close(int ruleset) {
  allow_thread_states(ruleset);
  int error = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
                      syscall(restrict_self, ruleset, 0) == 0
                  ? 0
                  : -errno;
  close(ruleset);
  return error;
}

#else

int cl_ring_files_version(void) { return 0; }
int cl_ring_open(void) { return -ENOSYS; }
int cl_ring_allow(int ruleset, const char *path, bool writes) {
  (void)ruleset, (void)path, (void)writes;
  return -ENOSYS;
}
int cl_ring_close(int ruleset) { return (void)ruleset, -ENOSYS; }

#endif
