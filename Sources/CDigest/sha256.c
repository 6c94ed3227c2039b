#include "CDigest.h"

#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

// Section numbers are those of FIPS 180-4.

enum { block_size = 64 };

// 4.2.2: the first 32 bits of the fractional parts of the cube roots of the first 64 primes.
static const uint32_t round_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

// 5.3.3: the same of the square roots of the first 8 primes.
static const uint32_t initial_state[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

static uint32_t rotate(uint32_t word, int count) {
  return word >> count | word << (32 - count);
}

static uint32_t load_big_endian(const uint8_t *bytes) {
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void store_big_endian(uint8_t *bytes, uint64_t number, int count) {
  for (int index = count - 1; index >= 0; index--, number >>= 8) bytes[index] = (uint8_t)number;
}

// 6.2.2 for `count` blocks of 64 bytes.
static void compress_portable(uint32_t state[8], const uint8_t *bytes, size_t count) {
  for (; count > 0; count--, bytes += block_size) {
    uint32_t schedule[64];
    for (int t = 0; t < 16; t++) schedule[t] = load_big_endian(bytes + 4 * t);
#pragma clang loop unroll(full)
    for (int t = 16; t < 64; t++) {
      uint32_t near = schedule[t - 2], far = schedule[t - 15];
      schedule[t] = (rotate(near, 17) ^ rotate(near, 19) ^ near >> 10) + schedule[t - 7] +
                    (rotate(far, 7) ^ rotate(far, 18) ^ far >> 3) + schedule[t - 16];
    }
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
#pragma clang loop unroll(full)
    for (int t = 0; t < 64; t++) {
      uint32_t first = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) +
                       round_constants[t] + schedule[t];
      uint32_t second = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) +
                        ((a & b) ^ (a & c) ^ (b & c));
      h = g, g = f, f = e, e = d + first;
      d = c, c = b, b = a, a = first + second;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
    state[4] += e, state[5] += f, state[6] += g, state[7] += h;
  }
}

#if defined(__x86_64__)
static int has_sha_instructions(void) {
  unsigned int eax, ebx = 0, ecx, edx;
  return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) && (ebx & bit_SHA) != 0;
}

// The same as compress_portable. The instructions keep the state as the words f e b a and h g d c,
// lowest first, and do two rounds at a time.
__attribute__((target("sha,sse4.1"))) static void compress_sha(uint32_t state[8],
                                                               const uint8_t *bytes,
                                                               size_t count) {
  const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  __m128i badc = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0xb1);
  __m128i hgfe = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(state + 4)), 0x1b);
  __m128i feba = _mm_alignr_epi8(badc, hgfe, 8);
  __m128i hgdc = _mm_blend_epi16(hgfe, badc, 0xf0);
  for (; count > 0; count--, bytes += block_size) {
    const __m128i first = feba, second = hgdc;
    __m128i schedule[16];
#pragma clang loop unroll(full)
    for (int t = 0; t < 16; t++) {
      if (t < 4) {
        __m128i words = _mm_loadu_si128((const __m128i *)(bytes + 16 * t));
        schedule[t] = _mm_shuffle_epi8(words, swap);
      } else {
        __m128i sum = _mm_sha256msg1_epu32(schedule[t - 4], schedule[t - 3]);
        sum = _mm_add_epi32(sum, _mm_alignr_epi8(schedule[t - 1], schedule[t - 2], 4));
        schedule[t] = _mm_sha256msg2_epu32(sum, schedule[t - 1]);
      }
      __m128i constants = _mm_loadu_si128((const __m128i *)(round_constants + 4 * t));
      __m128i words = _mm_add_epi32(schedule[t], constants);
      hgdc = _mm_sha256rnds2_epu32(hgdc, feba, words);
      feba = _mm_sha256rnds2_epu32(feba, hgdc, _mm_shuffle_epi32(words, 0x0e));
    }
    feba = _mm_add_epi32(feba, first);
    hgdc = _mm_add_epi32(hgdc, second);
  }
  __m128i abef = _mm_shuffle_epi32(feba, 0x1b);
  __m128i dchg = _mm_shuffle_epi32(hgdc, 0xb1);
  _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(abef, dchg, 0xf0));
  _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(dchg, abef, 8));
}
#endif

static void compress(casthost_sha256 *hash, const uint8_t *bytes, size_t count) {
#if defined(__x86_64__)
  if (!hash->portable) {
    compress_sha(hash->state, bytes, count);
    return;
  }
#endif
  compress_portable(hash->state, bytes, count);
}

void casthost_sha256_begin(casthost_sha256 *hash, int portable) {
  memcpy(hash->state, initial_state, sizeof initial_state);
  hash->length = 0;
#if defined(__x86_64__)
  hash->portable = portable || !has_sha_instructions();
#else
  hash->portable = 1;
  (void)portable;
#endif
}

void casthost_sha256_update(casthost_sha256 *hash, const uint8_t *bytes, size_t count) {
  if (count == 0) return;
  size_t filled = hash->length % block_size;
  hash->length += count;
  if (filled > 0) {
    size_t taken = block_size - filled < count ? block_size - filled : count;
    memcpy(hash->block + filled, bytes, taken);
    bytes += taken, count -= taken;
    if (filled + taken < block_size) return;
    compress(hash, hash->block, 1);
  }
  compress(hash, bytes, count / block_size);
  size_t rest = count % block_size;
  if (rest > 0) memcpy(hash->block, bytes + (count - rest), rest);
}

// 5.1.1: a one bit, zeros, and the message's length in bits end the last block.
void casthost_sha256_end(casthost_sha256 *hash, uint8_t *digest) {
  size_t filled = hash->length % block_size;
  uint8_t tail[2 * block_size] = {0};
  memcpy(tail, hash->block, filled);
  tail[filled] = 0x80;
  size_t blocks = filled + 9 <= block_size ? 1 : 2;
  store_big_endian(tail + blocks * block_size - 8, hash->length * 8, 8);
  compress(hash, tail, blocks);
  for (int index = 0; index < 8; index++) {
    store_big_endian(digest + 4 * index, hash->state[index], 4);
  }
}
