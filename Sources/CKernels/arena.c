// Memory for packed weights: few large mappings, so that huge pages serve small matrices too.
#include "CKernelsMatrix.h"

#include <stdlib.h>
#include <sys/mman.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

enum { huge_page = 2 << 20, slab_bytes = 64 << 20, slab_count = 4096, line = 64 };

struct ck_arena {
  uint8_t *next;
  size_t left;
  int count;
  struct {
    uint8_t *bytes;
    size_t size;
  } slabs[slab_count];
};

ck_arena *ck_arena_create(void) { return calloc(1, sizeof(ck_arena)); }

void ck_arena_destroy(ck_arena *arena) {
  if (arena == NULL) return;
  for (int i = 0; i < arena->count; i++) munmap(arena->slabs[i].bytes, arena->slabs[i].size);
  free(arena);
}

// Maps a slab and begins it at a huge page. Pages take memory when they are written first.
static bool add_slab(ck_arena *arena, size_t bytes) {
  size_t size;
  if (arena->count == slab_count || __builtin_add_overflow(bytes, 2 * huge_page, &size))
    return false;
  size -= size % huge_page;
  uint8_t *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return false;
#if defined(MADV_HUGEPAGE)
  // Only a hint: where it fails the memory is as good.
  (void)madvise(memory, size, MADV_HUGEPAGE);
#endif
  arena->slabs[arena->count].bytes = memory;
  arena->slabs[arena->count++].size = size;
  const size_t skipped = (huge_page - (uintptr_t)memory % huge_page) % huge_page;
  arena->next = memory + skipped;
  arena->left = size - skipped;
  return true;
}

void *ck_arena_cut(ck_arena *arena, size_t bytes) {
  if (bytes > SIZE_MAX - line) return NULL;
  bytes = (bytes + line - 1) / line * line;
  if (bytes > arena->left && !add_slab(arena, bytes > slab_bytes ? bytes : slab_bytes))
    return NULL;
  void *const cut = arena->next;
  arena->next += bytes;
  arena->left -= bytes;
  return cut;
}

void ck_keep_freed_memory(void) {
#if defined(__GLIBC__)
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 256 << 20);
#endif
}
