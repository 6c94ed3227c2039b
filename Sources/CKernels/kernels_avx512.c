// The kernels for x86-64 machines with AVX-512's registers and its products of small integers (VNNI),
// in vectors of 256 bits: these machines do two of them in the time of one of 512.
#include "kernels.h"

#if defined(__x86_64__)

#define CK(name) name##_avx512
#define CK_AVX2 1
#define CK_VNNI 1
#define CK_ROWS 6
#define CK_INTEGER_ROWS 6
#define CK_UNROLL _Pragma("clang loop unroll(full)")
#define CK_UNROLL_BY_4 _Pragma("clang loop unroll_count(4)")
// Work after this point waits for the sums, so that the compiler does not run out of registers by
// unpacking early. Costs nothing at run time.
#define CK_AFTER(pointer, sums)                                                                    \
  __asm__ volatile(""                                                                              \
                   : "+r"(pointer), "+v"(sums[0]), "+v"(sums[1]), "+v"(sums[2]), "+v"(sums[3]))
// Sums of integers are taken in this order, though others would give the same: they need more
// registers.
#define CK_IN_TURN(a, b) __asm__("" : "+v"(a), "+v"(b))
// Sums are kept in memory between two tiles: there are no registers for them.
#define CK_IN_MEMORY(sums) __asm__ volatile("" : "+r"(sums) : : "memory")
#define CK_PANEL_INPUTS 256

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni"))), apply_to = function)
#include "kernels_body.h"
#pragma clang attribute pop

const ck_kernels ck_kernels_avx512 = CK_TABLE("avx512");

#endif
