// How the kernels of x86-64 are compiled; included by each kind of machine before the kernels, after
// CK(), CK_VNNI and CK_INTEGER_ROWS.
#define CK_AVX2 1
#define CK_ROWS 6
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
// Sums are kept in memory between two tiles: with AVX2 there are no registers for them, and with more
// of them it is no faster.
#define CK_IN_MEMORY(sums) __asm__ volatile("" : "+r"(sums) : : "memory")
#define CK_PANEL_INPUTS 256
