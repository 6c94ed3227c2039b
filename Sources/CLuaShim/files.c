// Files by capability: the check and the use are of the same open file, never of a name.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "internal.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/syscall.h>
#endif

enum { folder_flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC };

// Walks the path part by part and follows no symbolic link; for kernels without openat2.
static int open_by_parts(int folder, const char *path, int flags) {
  char *parts = strdup(path), *rest = parts;
  if (!parts) return -ENOMEM;
  int at = dup(folder);
  char *part = strsep(&rest, "/");
  while (at >= 0) {
    bool last = !rest, skip = *part == '\0' || strcmp(part, ".") == 0;
    if (strcmp(part, "..") == 0) {
      close(at);
      at = -1;
      errno = EXDEV;
    } else if (!skip || last) {
      int next = openat(at, skip ? "." : part, (last ? flags : folder_flags) | O_NOFOLLOW);
      int error = errno;
      close(at);
      at = next;
      errno = error == ELOOP ? EXDEV : error;
    }
    if (last) break;
    part = strsep(&rest, "/");
  }
  free(parts);
  return at >= 0 ? at : -errno;
}

static int open_beneath(int folder, const char *path, int flags) {
#if defined(SYS_openat2)
  struct {
    uint64_t flags, mode, resolve;
  } how = {(uint64_t)flags, 0, 0x08 /* RESOLVE_BENEATH */ | 0x02 /* RESOLVE_NO_MAGICLINKS */};
  int file = (int)syscall(SYS_openat2, folder, path, &how, sizeof how);
  if (file >= 0 || (errno != ENOSYS && errno != EPERM)) return file >= 0 ? file : -errno;
#endif
  return open_by_parts(folder, path, flags);
}

// O_NONBLOCK keeps a FIFO from blocking until its kind is known.
int cl_open_beneath(int folder, const char *path) {
  int file = open_beneath(folder, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  struct stat status;
  if (file < 0) return file;
  if (fstat(file, &status) == 0 && S_ISREG(status.st_mode)) return file;
  close(file);
  return -EINVAL;
}

int cl_open_folder(const char *path) {
  int folder = open(path, folder_flags);
  return folder >= 0 ? folder : -errno;
}

int cl_open_folder_beneath(int folder, const char *path) {
  return open_beneath(folder, *path ? path : ".", folder_flags);
}

int cl_make_folder(const char *path) {
  return mkdir(path, 0700) == 0 || errno == EEXIST ? 0 : -errno;
}

int cl_make_folders(int folder, const char *path) {
  char *parts = strdup(path);
  if (!parts) return -ENOMEM;
  int at = dup(folder), error = at < 0 ? -errno : 0;
  char *rest = parts, *part;
  while (error == 0 && (part = strsep(&rest, "/"))) {
    if (*part == '\0' || strcmp(part, ".") == 0) continue;
    if (strcmp(part, "..") == 0) {
      error = -EXDEV;
      break;
    }
    if (mkdirat(at, part, 0700) != 0 && errno != EEXIST) error = -errno;
    int next = error ? -1 : openat(at, part, folder_flags | O_NOFOLLOW);
    if (!error && next < 0) error = errno == ELOOP || errno == ENOTDIR ? -EXDEV : -errno;
    close(at);
    at = next;
  }
  if (at >= 0) close(at);
  free(parts);
  return error;
}

bool cl_location(int file, char *path, size_t capacity) {
#if defined(__linux__)
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, capacity - 1);
  if (length < 0) return false;
  path[length] = '\0';
  return true;
#elif defined(F_GETPATH)
  return capacity >= PATH_MAX && fcntl(file, F_GETPATH, path) == 0;
#else
  return false;
#endif
}

bool cl_real_path(const char *path, char *real, size_t capacity) {
  char *found = realpath(path, NULL);
  bool fits = found && strlen(found) < capacity;
  if (fits) strcpy(real, found);
  free(found);
  return fits;
}

bool cl_current_folder(char *path, size_t capacity) { return getcwd(path, capacity) != NULL; }

int64_t cl_file_size(int file) {
  struct stat status;
  return fstat(file, &status) == 0 ? (int64_t)status.st_size : -1;
}

int64_t cl_file_links(int file) {
  struct stat status;
  return fstat(file, &status) == 0 ? (int64_t)status.st_nlink : -1;
}

int64_t cl_read(int file, void *bytes, size_t count) {
  ssize_t got;
  do got = read(file, bytes, count);
  while (got < 0 && errno == EINTR);
  return got >= 0 ? (int64_t)got : -errno;
}

void cl_close_file(int file) { close(file); }

static int write_all(int file, const char *bytes, size_t count) {
  while (count > 0) {
    ssize_t done = write(file, bytes, count);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return -errno;
    bytes += done;
    count -= (size_t)done;
  }
  return 0;
}

static int rename_into_place(int folder, const char *from, const char *to, bool replaces) {
  if (replaces) return renameat(folder, from, folder, to) == 0 ? 0 : -errno;
#if defined(SYS_renameat2)
  if (syscall(SYS_renameat2, folder, from, folder, to, 1 /* RENAME_NOREPLACE */) == 0) return 0;
  if (errno != ENOSYS && errno != EINVAL) return -errno;
#endif
  int error = linkat(folder, from, folder, to, 0) == 0 ? 0 : -errno;
  if (error == 0) unlinkat(folder, from, 0);
  return error;
}

int cl_write_file(int folder, const char *name, const void *bytes, size_t count, bool replaces) {
  char temporary[NAME_MAX + 1];
  struct stat status;
  if (!*name || strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
    return -EINVAL;
  if (strlen(name) > NAME_MAX - 24) return -ENAMETOOLONG;
  bool exists = fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0;
  if (exists && !replaces) return -EEXIST;
  if (exists && !S_ISREG(status.st_mode)) return -EINVAL;
  snprintf(temporary, sizeof temporary, ".%s.%d.tmp", name, (int)getpid());
  int file = openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0) return -errno;
  int error = write_all(file, bytes, count);
  if (close(file) != 0 && error == 0) error = -errno;
  if (error == 0) error = rename_into_place(folder, temporary, name, replaces);
  if (error != 0) unlinkat(folder, temporary, 0);
  return error;
}

bool cl_is_plain_or_missing(int folder, const char *name) {
  struct stat status;
  if (!*name || strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) return false;
  if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return errno == ENOENT;
  return S_ISREG(status.st_mode) && status.st_nlink == 1;
}

const char *cl_error_text(int number) { return strerror(number < 0 ? -number : number); }
bool cl_is_missing(int number) { return number == -ENOENT || number == -ENOTDIR; }
bool cl_is_outside(int number) { return number == -EXDEV || number == -EINVAL; }
bool cl_is_existing(int number) { return number == -EEXIST; }
