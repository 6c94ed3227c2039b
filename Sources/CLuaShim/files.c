// Opening files so that the check and the use are of the same file.
#include "internal.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/syscall.h>
#endif

// Keeps a FIFO or a device from blocking or acting: the kind is looked at before use.
static int regular_only(int file) {
  struct stat status;
  if (file < 0) return -errno;
  if (fstat(file, &status) == 0 && S_ISREG(status.st_mode)) return file;
  close(file);
  return -EINVAL;
}

// Walks the path part by part and follows no symbolic link; for kernels without openat2.
static int open_by_parts(int folder, const char *path, int flags, int mode) {
  char *parts = strdup(path), *rest = parts, *part;
  if (!parts) return -ENOMEM;
  int at = dup(folder);
  part = strsep(&rest, "/");
  while (at >= 0 && rest) {
    if (*part && strcmp(part, ".") != 0) {
      bool leaves = strcmp(part, "..") == 0;
      int next = leaves ? -1 : openat(at, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      int error = leaves ? EXDEV : errno;
      close(at);
      at = next;
      if (at < 0) errno = error;
    }
    part = strsep(&rest, "/");
  }
  int file = at < 0 ? -errno : -EXDEV;
  if (at >= 0 && strcmp(part, "..") != 0)
    file = regular_only(openat(at, part, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, mode));
  if (at >= 0) close(at);
  free(parts);
  return file;
}

int cl_open_beneath(int folder, const char *path, int flags, int mode) {
#if defined(SYS_openat2)
  struct {
    uint64_t flags, mode, resolve;
  } how = {(uint64_t)(flags | O_CLOEXEC | O_NONBLOCK), flags & O_CREAT ? (uint64_t)mode : 0,
           0x08 /* RESOLVE_BENEATH */ | 0x02 /* RESOLVE_NO_MAGICLINKS */};
  int file = (int)syscall(SYS_openat2, folder, path, &how, sizeof how);
  if (file >= 0 || (errno != ENOSYS && errno != EPERM)) return regular_only(file);
#endif
  return open_by_parts(folder, path, flags, mode);
}

int cl_open_folder(const char *path) {
  int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return folder >= 0 ? folder : -errno;
}
