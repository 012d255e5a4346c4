/* aot_dense.h: fully connected layer + bias + activation. */
#ifndef AOT_DENSE_H
#define AOT_DENSE_H

#include <stdint.h>

#include "aot_memory.h"

typedef struct {
  uint16_t rows;             /* how often the layer is applied, to one row of inputs after the other */
  uint16_t inputs, outputs;  /* of one row */
  const int8_t *weights;     /* [outputs][inputs] */
  const int32_t *bias;       /* [outputs], the input's zero point folded in */
  const int32_t *multiplier; /* [outputs] */
  const int8_t *shift;       /* [outputs] */
  const int8_t *table; /* [256], what follows the requantisation, at value + 128; NULL if nothing does */
  int8_t output_zero;
  int8_t low, high; /* the fused activation's clamp, before the table */
} aot_dense_s8_t;

typedef struct {
  uint16_t rows, inputs, outputs;
  const float *weights; /* [outputs][inputs] */
  const float *bias;    /* [outputs] */
  float slope;          /* multiplies negative values; 1 if there is no LeakyReLU */
  float low, high;      /* clamp after the slope */
} aot_dense_f32_t;

/* input [rows][inputs] -> output [rows][outputs]; the two must not overlap. */
void aot_dense_s8(const aot_dense_s8_t *layer, const int8_t *input, int8_t *output);
void aot_dense_f32(const aot_dense_f32_t *layer, const float *input, float *output);

#endif
