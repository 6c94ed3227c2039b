// Asks the kernel what it has for confining a process; changes nothing.
#include "CLuaShim.h"

#include <errno.h>
#include <unistd.h>

#if defined(__linux__)
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

int cl_landlock_version(void) {
#if defined(SYS_landlock_create_ruleset)
  // Flag 1 asks for the version and makes nothing.
  long version = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);
  return version > 0 ? (int)version : 0;
#else
  return 0;
#endif
}

bool cl_has_seccomp(void) {
  // A filter at address 0 is refused as such (EFAULT) only by a kernel that would take others.
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL, 0, 0) == -1 && errno == EFAULT;
}
#else
int cl_landlock_version(void) { return 0; }
bool cl_has_seccomp(void) { return false; }
#endif
