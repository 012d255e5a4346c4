/* aot_rows_dsp.h: input rows of a convolution, widened to int16 and padded as they are needed. */
#ifndef AOT_ROWS_DSP_H
#define AOT_ROWS_DSP_H

#include "aot_dsp.h"
