/* Batch normalisation with its activation, over all blocks of a batch; see KIND_NORM in network.h. */
#ifndef TINYML_NORMAL_H
#define TINYML_NORMAL_H

#include "network.h"

/* Added to each variance, as Keras' BatchNormalization does. */
#define VARIANCE_EPSILON 1e-3f

/* Of each channel: what the last batch was normalised with, and what was collected. */
typedef struct {
  float *mean, *scale_of_one; /* scale_of_one: 1 / sqrt(variance + epsilon) */
  double *mean_sum, *square_sum;
  float *fixed_mean, *fixed_variance;
} normal_t;

int normal_new(normal_t *normal, int channels); /* 0 where memory is short */
void normal_free(normal_t *normal);

void normal_forward(const layer_t *layer, normal_t *normal, const lanes_t *x, lanes_t *y, int blocks,
                    const float *parameters, enum mode mode);
/* `gy` is overwritten: with the gradient before the activation. */
void normal_backward(const layer_t *layer, const normal_t *normal, const lanes_t *x, const lanes_t *y,
                     lanes_t *gy, lanes_t *gx, int blocks, const float *parameters, float *sums,
                     enum mode mode);

#endif
