/* aot_matmul.h: products of two computed matrices, in batches. */
#ifndef AOT_MATMUL_H
#define AOT_MATMUL_H

#include "aot_memory.h"
#include "aot_nest.h"

typedef struct {
  aot_nest_t batch; /* size[3] too is a batch; strides of both operands */
  uint32_t rows, inner, columns;
  int32_t a_row, a_inner; /* strides of the first operand, in elements: a transposed one has them swapped */
  int32_t b_inner, b_column;
} aot_matmul_shape_t;

typedef struct {
  aot_matmul_shape_t shape;
  int8_t a_zero, b_zero, output_zero;
  int8_t shift;
  int32_t multiplier;
} aot_matmul_s8_t;

/* a [..., rows, inner] x b [..., inner, columns] -> output [..., rows, columns]; the output overlaps neither.
 */
void aot_matmul_s8(const aot_matmul_s8_t *layer, const int8_t *a, const int8_t *b, int8_t *output);
void aot_matmul_f32(const aot_matmul_shape_t *layer, const float *a, const float *b, float *output);

#endif
