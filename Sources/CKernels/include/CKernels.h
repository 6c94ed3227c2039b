#ifndef CKERNELS_H
#define CKERNELS_H
void ck_nothing(void);
#endif
