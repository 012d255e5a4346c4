/* aot_mve.h: four sums at a time on Armv8.1-M vector instructions (MVE), each step with its meaning in C.
 *
 * On a core without them (the host, where the kernels are tested under sanitizers) the C stands in. Only the
 * vector code reads a few bytes more than it uses, and writes a few more than it owns: the compiler of the
 * network keeps those bytes free (Call.reads_past, Call.writes_past in toolkit/compiler/lower/base.py).
 */
#ifndef AOT_MVE_H
#define AOT_MVE_H

#include <stddef.h>
#include <stdint.h>

#include "aot_dsp.h"

/* Without optimisation GCC has too few registers left for the statements in assembly. */
#if defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 1) && defined(__OPTIMIZE__)
#define AOT_HAS_MVE 1
#else
#define AOT_HAS_MVE 0
#include "aot_requantise.h"
#endif

/* What follows the sums of four channels; a channel that is missing has multiplier 0 and shift -1. */
typedef struct {
  int32_t bias[4];
  int32_t multiplier[4];
  int32_t shift[4]; /* -1 to -31: to the right */
} aot_quad_mve_t;

#endif
