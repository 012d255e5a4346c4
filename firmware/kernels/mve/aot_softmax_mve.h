/* aot_softmax_mve.h: aot_softmax_s8() of aot_softmax.h on vectors. */
#ifndef AOT_SOFTMAX_MVE_H
#define AOT_SOFTMAX_MVE_H

#include "aot_softmax.h"

void aot_softmax_mve(const aot_softmax_s8_t *layer, const int8_t *input, int8_t *output);

#endif
