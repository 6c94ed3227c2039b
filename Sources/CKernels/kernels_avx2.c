// The kernels for x86-64 machines with AVX2, FMA and half-float conversions.
#include "kernels.h"

#if defined(__x86_64__)

#define CK(name) name##_avx2
#define CK_VNNI 0
#define CK_INTEGER_ROWS 4
#include "vectors_x86.h"

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#include "kernels_body.h"
#pragma clang attribute pop

const ck_kernels ck_kernels_avx2 = CK_TABLE("avx2");

#endif
