// SHA-256 (FIPS 180-4) of bytes that come in pieces. In C, so that a debug build hashes a
// checkpoint as fast as a release build.
#ifndef CASTHOST_CDIGEST_H
#define CASTHOST_CDIGEST_H

#include <stddef.h>
#include <stdint.h>

// A hash under way. Plain values: a copy goes its own way.
typedef struct {
  uint32_t state[8];
  uint64_t length;    // bytes taken in so far
  int portable;       // whether the processor's SHA instructions are left alone
  uint8_t block[64];  // the last `length % 64` of them, not hashed yet
} casthost_sha256;

// Begins a hash; it uses the processor's SHA instructions where there are any, unless `portable`
// is not 0. The result is the same.
void casthost_sha256_begin(casthost_sha256 *hash, int portable);

// Takes in `count` bytes, at any alignment; `bytes` may be NULL where `count` is 0.
void casthost_sha256_update(casthost_sha256 *hash, const uint8_t *bytes, size_t count);

// Writes the 32 bytes of the hash; nothing may be taken in afterwards.
void casthost_sha256_end(casthost_sha256 *hash, uint8_t *digest);

#endif
