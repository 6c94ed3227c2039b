// The kernels for x86-64 machines with AVX2, FMA and half-float conversions.
#include "kernels.h"

#if defined(__x86_64__)

#define CK(name) name##_avx2
#define CK_AVX2 1
#define CK_VNNI 0
#define CK_ROWS 6
#define CK_INTEGER_ROWS 4
#define CK_UNROLL _Pragma("clang loop unroll(full)")
#define CK_UNROLL_BY_4 _Pragma("clang loop unroll_count(4)")
// Work after this point waits for the sums, so that the compiler does not run out of registers by
// unpacking early. Costs nothing at run time.
#define CK_AFTER(pointer, sums)                                                                    \
  __asm__ volatile(""                                                                              \
                   : "+r"(pointer), "+x"(sums[0]), "+x"(sums[1]), "+x"(sums[2]), "+x"(sums[3]))
// Sums of integers are taken in this order, though others would give the same: they need more
// registers.
#define CK_IN_TURN(a, b) __asm__("" : "+x"(a), "+x"(b))
// Sums are kept in memory between two tiles: there are no registers for them.
#define CK_IN_MEMORY(sums) __asm__ volatile("" : "+r"(sums) : : "memory")
#define CK_PANEL_INPUTS 256

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#include "kernels_body.h"
#pragma clang attribute pop

const ck_kernels ck_kernels_avx2 = CK_TABLE("avx2");

#endif
