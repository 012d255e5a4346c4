/*
 * A small network that is trained on one core: forward, backward, and a step of the optimiser.
 *
 * A network is a chain of layers; each reads the one before it, and an ADD a second one as well. All trained
 * numbers lie in one array `parameters`, of which a layer knows the offsets: two layers with the same offsets
 * are tied. Images go through in blocks of sixteen, BLOCKS of them at a time ("a batch" below), small enough
 * for the cache: batch normalisation takes its statistics from one batch, and a step of the optimiser sums
 * the gradients of several.
 *
 * A layer's values lie as [block][channel][row][column] of lanes_t. Nothing here checks what it is given:
 * Python does (toolkit/smallest/topology.py), once.
 */
#ifndef TINYML_NETWORK_H
#define TINYML_NETWORK_H

#include "vectors.h"

enum kind {
  KIND_INPUT,
  KIND_CONV,      /* kernel x kernel, every input channel; weights [channels][inputs][kernel][kernel] */
  KIND_CONV_POOL, /* the same, and the largest of each 2 x 2: a pool in front of a rising activation */
  KIND_DEPTHWISE, /* weights [channels][kernel][kernel] */
  KIND_POINTWISE, /* weights [channels][inputs] */
  KIND_NORM,      /* batch normalisation (where scale >= 0), bias, leaky rectifier of `slope` (1: none) */
  KIND_POOL,      /* the largest of each 2 x 2 */
  KIND_ADD,       /* plus the middle of layer `source`, as many channels as both have */
  KIND_AVERAGE,   /* the mean of each channel */
  KIND_DENSE      /* weights [channels][inputs x height x width], bias where >= 0 */
};

typedef struct {
  int32_t kind;
  int32_t channels, height, width; /* of its output */
  int32_t kernel, padding;         /* padding: rows and columns of zeros on each side */
  int32_t source;                  /* of ADD: a layer before this one */
  int32_t weights, scale, bias;    /* offsets into the parameters; -1: it has none */
  float slope;
} layer_t;

typedef struct network network_t;

enum mode {
  MODE_BATCH,   /* normalise with the batch's own statistics: training */
  MODE_COLLECT, /* the same, and add them up */
  MODE_FIXED    /* with the statistics that were collected */
};

/* NULL where memory is short. The layers are copied. */
network_t *network_new(const layer_t *layers, int32_t count, int32_t parameters, int32_t blocks);
void network_free(network_t *network);

/* Values of a layer, and gradients with respect to them, of the last batch: for tests. */
float *network_values(network_t *network, int32_t layer);
float *network_gradients(network_t *network, int32_t layer);

/* `images`: uint8 [.][height x width x channels of the input]; `chosen`: which of them; `real`: what a byte
 * stands for. */
void network_load(network_t *network, const uint8_t *images, const int32_t *chosen, const float real[256]);
void network_forward(network_t *network, const float *parameters, enum mode mode);
/* Adds to `sums`; what is wanted of the last layer lies in its gradients. `mode`: of the forward before it.
 */
void network_backward(network_t *network, const float *parameters, float *sums, enum mode mode);

/* Mean and variance of every channel of each KIND_NORM with a scale: [means][variances] of one layer after
 * another. They are collected between clear and close, over so many batches. */
void network_statistics_clear(network_t *network);
void network_statistics_close(network_t *network, int32_t batches);
int32_t network_statistics(const network_t *network, float *out); /* how many floats; out may be NULL */
void network_statistics_set(network_t *network, const float *given);

/* What training.c needs to know of it. */
int32_t network_images(const network_t *network);  /* in a batch */
int32_t network_classes(const network_t *network); /* channels of the last layer */
int32_t network_layers(const network_t *network);

#endif
