/* The layers that have weights, for one block of sixteen images; see network.h for the layouts. */
#ifndef TINYML_KERNELS_H
#define TINYML_KERNELS_H

#include "network.h"

/* Input of a layer and its output, as they lie. */
typedef struct {
  int channels, height, width;
} extent_t;

enum { LARGEST_KERNEL = 5, LARGEST_PLANE = 40 * 40 };

void conv_forward(const layer_t *layer, extent_t in, const lanes_t *x, lanes_t *y, const float *weights);
void conv_backward(const layer_t *layer, extent_t in, const lanes_t *x, const lanes_t *gy, lanes_t *gx,
                   const float *weights, float *sums);

/* `which`: the place of the largest within its 2 x 2, 0 to 3. */
void conv_pool_forward(const layer_t *layer, extent_t in, const lanes_t *x, lanes_t *y, mask_t *which,
                       const float *weights);
void conv_pool_backward(const layer_t *layer, extent_t in, const lanes_t *x, const lanes_t *gy,
                        const mask_t *which, lanes_t *gx, const float *weights, float *sums);
void pool_forward(const layer_t *layer, extent_t in, const lanes_t *x, lanes_t *y, mask_t *which);
void pool_backward(const layer_t *layer, extent_t in, const lanes_t *gy, const mask_t *which, lanes_t *gx);

void depthwise_forward(const layer_t *layer, extent_t in, const lanes_t *x, lanes_t *y, const float *weights);
void depthwise_backward(const layer_t *layer, extent_t in, const lanes_t *x, const lanes_t *gy, lanes_t *gx,
                        const float *weights, float *sums);

/* y[o][p] = sum over i of weights[o * by_output + i * by_input] x[i][p]; with the strides swapped, its own
 * transpose. */
void mix(const lanes_t *x, lanes_t *y, const float *weights, int inputs, int outputs, int places,
         int by_output, int by_input);
/* sums[o][i] += sum over p of gy[o][p] x[i][p] */
void mix_weights(const lanes_t *x, const lanes_t *gy, float *sums, int inputs, int outputs, int places);

void dense_forward(const layer_t *layer, int inputs, const lanes_t *x, lanes_t *y, const float *parameters);
void dense_backward(const layer_t *layer, int inputs, const lanes_t *x, const lanes_t *gy, lanes_t *gx,
                    const float *parameters, float *sums);

#endif
