#ifndef CKERNELS_H
#define CKERNELS_H
#include "CKernelsDecode.h"
void ck_nothing(void);
#endif
