// The kernels for x86-64 machines with AVX-512's registers and its products of small integers (VNNI),
// in vectors of 256 bits: these machines do two of them in the time of one of 512.
#include "kernels.h"

#if defined(__x86_64__)

#define CK(name) name##_avx512
#define CK_VNNI 1
#define CK_INTEGER_ROWS 6
#include "vectors_x86.h"

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni"))), apply_to = function)
#include "kernels_body.h"
#pragma clang attribute pop

const ck_kernels ck_kernels_avx512 = CK_TABLE("avx512");

#endif
