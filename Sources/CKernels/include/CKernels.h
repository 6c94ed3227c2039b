// Hot loops in C: AVX2 chosen at run time, and the same arithmetic in portable vectors elsewhere.
#ifndef CKERNELS_H
#define CKERNELS_H

#include "CKernelsAttention.h"
#include "CKernelsDecode.h"
#include "CKernelsLanes.h"
#include "CKernelsMatrix.h"
#include "CKernelsRows.h"

#endif
