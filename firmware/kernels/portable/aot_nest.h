/* aot_nest.h: four nested loops over tensors with strides, the innermost one handed to a kernel as a run.
 *
 * The compiler merges dimensions wherever it can and puts the sizes right-aligned; unused outer loops have
 * size 1. A stride of 0 repeats an operand (broadcasting).
 */
#ifndef AOT_NEST_H
#define AOT_NEST_H

#include <stdint.h>

#define AOT_NEST 4

typedef struct {
  uint32_t size[AOT_NEST];
  int32_t a[AOT_NEST], b[AOT_NEST]; /* elements from one index to the next, of either operand */
} aot_nest_t;

/* For each run: BODY, with `a` and `b` set to the offsets of the run's first elements, in elements. */
#define AOT_FOR_RUNS(nest, a_offset, b_offset)                                                    \
  for (uint32_t i0_ = 0; i0_ < (nest)->size[0]; ++i0_)                                            \
    for (uint32_t i1_ = 0; i1_ < (nest)->size[1]; ++i1_)                                          \
      for (int32_t i2_ = 0, a_offset = (int32_t)i0_ * (nest)->a[0] + (int32_t)i1_ * (nest)->a[1], \
                   b_offset = (int32_t)i0_ * (nest)->b[0] + (int32_t)i1_ * (nest)->b[1];          \
           i2_ < (int32_t)(nest)->size[2]; ++i2_, a_offset += (nest)->a[2], b_offset += (nest)->b[2])

#endif
