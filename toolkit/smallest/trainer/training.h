/* An epoch: batches, loss, gradients, Adam with decoupled decay, and the running mean of the weights. */
#ifndef TINYML_TRAINING_H
#define TINYML_TRAINING_H

#include "network.h"

/* Arrays of `count` floats each, the caller's. */
typedef struct {
  int32_t count;
  float *parameters, *first, *second; /* Adam's moments */
  float *averaged;                    /* running mean of the parameters */
  const float *decay;                 /* of each parameter a step, times the rate; 0 for biases and scales */
  const float *least; /* of each parameter: scales stay above 0, so that a pool may come first */
  const float *grid;  /* of each parameter: the step of its int8 grid, or 0; NULL: none are rounded */
} state_t;

/* Cross-entropy against labels that are smoothed, or, where `forgiving` (q) is above 0, (1 - p^q) / q of the
 * right class' probability p (generalised cross-entropy; Zhang and Sabuncu, 2018): images that the network
 * cannot get right pull less at it. */
typedef struct {
  float smoothing, forgiving;
} loss_t;

typedef struct {
  int32_t accumulate;            /* batches of the network a step */
  float beta1, beta2, averaging; /* of Adam; of the running mean */
  loss_t loss;
  float sharpness;      /* SAM's radius; 0: plain steps */
  int32_t mode;         /* MODE_BATCH, or MODE_FIXED: with the statistics that are set */
  const float *rates;   /* by step of this epoch */
  int64_t steps_before; /* done in all epochs before */
  const float *real;    /* [256]: what a byte stands for */
  /* A narrower network whose parameters are some of these: it is what is wanted, and the wide one helps it to
   * be trained (NetAug; Cai et al., 2022). NULL: there is none. */
  network_t *inner;
  const int32_t *places; /* of each of the inner network's parameters */
  int32_t inner_count;
  float outer; /* the wide network's loss counts so much, the inner one's 1 */
} settings_t;

/* Trains over `order` (image numbers), dropping what is left after the last whole step.
 * Returns the mean loss, or a negative number where memory is short. */
double train_epoch(network_t *network, state_t *state, const settings_t *settings, const uint8_t *images,
                   const uint8_t *labels, const int32_t *order, int32_t count);

/* Runs `count` images, whose statistics are collected first over `collect` of them in batches (0: as they are
 * set). */
int32_t run_images(network_t *network, const float *parameters, const float *real, const uint8_t *images,
                   int32_t count, float *outputs);
int32_t collect_statistics(network_t *network, const float *parameters, const float *real,
                           const uint8_t *images, int32_t count);

/* Loss of one batch and its gradients, added to `sums`: for tests too. */
double batch_gradients(network_t *network, const float *parameters, float *sums, const float *real,
                       const uint8_t *images, const uint8_t *labels, const int32_t *chosen, loss_t kind,
                       float weight, enum mode mode);

/* Affine copies: each image turned, sheared, scaled and shifted at random within the bounds; bilinear, 0
 * outside. */
typedef struct {
  float degrees, shear_degrees, scale, shift;
} bounds_t;
void augment(const uint8_t *images, uint8_t *out, int32_t count, int32_t height, int32_t width,
             bounds_t bounds, uint64_t seed);

#endif
