// The kernels for any machine: NEON on arm64, elsewhere whatever clang makes of the vectors.
#include "kernels.h"

#define CK(name) name##_portable
#define CK_AVX2 0
#define CK_VNNI 0
#define CK_ROWS 4
#define CK_INTEGER_ROWS 4
#if defined(__aarch64__)
#define CK_UNROLL _Pragma("clang loop unroll(full)")
#define CK_UNROLL_BY_4 _Pragma("clang loop unroll_count(4)")
#else
// A fused multiply-add is a call here; unrolling would only make the program large.
#define CK_UNROLL _Pragma("clang loop unroll(disable)")
#define CK_UNROLL_BY_4 _Pragma("clang loop unroll(disable)")
#endif
#define CK_AFTER(pointer, sums) ((void)0)
#define CK_IN_TURN(a, b) ((void)0)
#define CK_IN_MEMORY(sums) ((void)0)
#define CK_PANEL_INPUTS 256

#include "kernels_body.h"

#if defined(__aarch64__)
const ck_kernels ck_kernels_portable = CK_TABLE("neon");
#else
const ck_kernels ck_kernels_portable = CK_TABLE("portable");
#endif
