#include "network.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels.h"
#include "normal.h"

typedef struct {
  layer_t is;
  size_t size; /* lanes_t a block */
  lanes_t *values, *gradients;
  mask_t *which; /* of pools */
  normal_t normal;
} node_t;

struct network {
  int32_t count, blocks, parameters;
  node_t *nodes;
};

static void *aligned(size_t bytes) {
  void *memory = aligned_alloc(64, (bytes + 63) / 64 * 64);
  if (memory) memset(memory, 0, bytes);
  return memory;
}

network_t *network_new(const layer_t *layers, int32_t count, int32_t parameters, int32_t blocks) {
  network_t *network = calloc(1, sizeof *network);
  if (!network) return NULL;
  *network = (network_t){count, blocks, parameters, calloc((size_t)count, sizeof(node_t))};
  if (!network->nodes) {
    free(network);
    return NULL;
  }
  for (int32_t place = 0; place < count; place++) {
    node_t *node = &network->nodes[place];
    node->is = layers[place];
    node->size = (size_t)(node->is.channels * node->is.height * node->is.width);
    const size_t bytes = node->size * (size_t)blocks * sizeof(lanes_t);
    node->values = aligned(bytes);
    node->gradients = aligned(bytes);
    const int pools = node->is.kind == KIND_CONV_POOL || node->is.kind == KIND_POOL;
    if (pools) node->which = aligned(bytes);
    if (!node->values || !node->gradients || (pools && !node->which) ||
        (node->is.kind == KIND_NORM && !normal_new(&node->normal, node->is.channels))) {
      network_free(network);
      return NULL;
    }
  }
  return network;
}

void network_free(network_t *network) {
  if (!network) return;
  for (int32_t place = 0; place < network->count; place++) {
    node_t *node = &network->nodes[place];
    free(node->values);
    free(node->gradients);
    free(node->which);
    normal_free(&node->normal);
  }
  free(network->nodes);
  free(network);
}

float *network_values(network_t *network, int32_t layer) { return (float *)network->nodes[layer].values; }
float *network_gradients(network_t *network, int32_t layer) {
  return (float *)network->nodes[layer].gradients;
}
int32_t network_images(const network_t *network) { return network->blocks * LANES; }
int32_t network_classes(const network_t *network) { return network->nodes[network->count - 1].is.channels; }
int32_t network_layers(const network_t *network) { return network->count; }

static extent_t extent(const node_t *node) {
  return (extent_t){node->is.channels, node->is.height, node->is.width};
}

void network_load(network_t *network, const uint8_t *images, const int32_t *chosen, const float real[256]) {
  node_t *input = &network->nodes[0];
  for (int32_t image = 0; image < network_images(network); image++) {
    const uint8_t *from = images + (size_t)chosen[image] * input->size;
    float *to = (float *)(input->values + (size_t)(image / LANES) * input->size) + image % LANES;
    for (size_t place = 0; place < input->size; place++) to[place * LANES] = real[from[place]];
  }
}

/* Adds the middle of `from` to `to`, or the gradient back; as many channels as both have. */
static void add_middle(const layer_t *large, const layer_t *small, const lanes_t *from, lanes_t *to,
                       int back) {
  const int down = (large->height - small->height) / 2, right = (large->width - small->width) / 2;
  const int channels = large->channels < small->channels ? large->channels : small->channels;
  for (int channel = 0; channel < channels; channel++) {
    for (int row = 0; row < small->height; row++) {
      for (int column = 0; column < small->width; column++) {
        const int in_small = (channel * small->height + row) * small->width + column;
        const int in_large = (channel * large->height + row + down) * large->width + column + right;
        if (back) {
          to[in_large] += from[in_small];
        } else {
          to[in_small] += from[in_large];
        }
      }
    }
  }
}

static void average(const node_t *before, const node_t *node, const lanes_t *x, lanes_t *y) {
  const int places = before->is.height * before->is.width;
  for (int channel = 0; channel < node->is.channels; channel++) {
    lanes_t held = {0};
    for (int place = 0; place < places; place++) held += x[channel * places + place];
    y[channel] = held * (1.0f / (float)places);
  }
}

static void forward_block(network_t *network, int32_t place, int32_t block, const float *parameters) {
  node_t *node = &network->nodes[place], *before = node - 1;
  const layer_t *layer = &node->is;
  const extent_t in = extent(before);
  const lanes_t *x = before->values + (size_t)block * before->size;
  lanes_t *y = node->values + (size_t)block * node->size;
  mask_t *which = node->which ? node->which + (size_t)block * node->size : NULL;
  const float *weights = parameters + (layer->weights < 0 ? 0 : layer->weights);
  switch (layer->kind) {
    case KIND_CONV:
      conv_forward(layer, in, x, y, weights);
      break;
    case KIND_CONV_POOL:
      conv_pool_forward(layer, in, x, y, which, weights);
      break;
    case KIND_DEPTHWISE:
      depthwise_forward(layer, in, x, y, weights);
      break;
    case KIND_POINTWISE:
      mix(x, y, weights, in.channels, layer->channels, in.height * in.width, in.channels, 1);
      break;
    case KIND_POOL:
      pool_forward(layer, in, x, y, which);
      break;
    case KIND_ADD: {
      const node_t *source = &network->nodes[layer->source];
      memcpy(y, x, node->size * sizeof *y);
      add_middle(&source->is, layer, source->values + (size_t)block * source->size, y, 0);
      break;
    }
    case KIND_AVERAGE:
      average(before, node, x, y);
      break;
    case KIND_DENSE:
      dense_forward(layer, (int)before->size, x, y, parameters);
      break;
    default:
      break;
  }
}

void network_forward(network_t *network, const float *parameters, enum mode mode) {
  for (int32_t place = 1; place < network->count; place++) {
    node_t *node = &network->nodes[place];
    if (node->is.kind == KIND_NORM) {
      normal_forward(&node->is, &node->normal, node[-1].values, node->values, network->blocks, parameters,
                     mode);
      continue;
    }
    for (int32_t block = 0; block < network->blocks; block++)
      forward_block(network, place, block, parameters);
  }
}

static void backward_block(network_t *network, int32_t place, int32_t block, const float *parameters,
                           float *sums) {
  node_t *node = &network->nodes[place], *before = node - 1;
  const layer_t *layer = &node->is;
  const extent_t in = extent(before);
  const size_t at_input = (size_t)block * before->size, at_output = (size_t)block * node->size;
  const lanes_t *x = before->values + at_input, *gy = node->gradients + at_output;
  lanes_t *gx = before->gradients + at_input;
  const mask_t *which = node->which ? node->which + at_output : NULL;
  const int offset = layer->weights < 0 ? 0 : layer->weights;
  switch (layer->kind) {
    case KIND_CONV:
      conv_backward(layer, in, x, gy, place > 1 ? gx : NULL, parameters + offset, sums + offset);
      break;
    case KIND_CONV_POOL:
      conv_pool_backward(layer, in, x, gy, which, place > 1 ? gx : NULL, parameters + offset, sums + offset);
      break;
    case KIND_DEPTHWISE:
      depthwise_backward(layer, in, x, gy, gx, parameters + offset, sums + offset);
      break;
    case KIND_POINTWISE:
      mix_weights(x, gy, sums + offset, in.channels, layer->channels, in.height * in.width);
      mix(gy, gx, parameters + offset, layer->channels, in.channels, in.height * in.width, 1, in.channels);
      break;
    case KIND_POOL:
      pool_backward(layer, in, gy, which, gx);
      break;
    case KIND_ADD:
      memcpy(gx, gy, node->size * sizeof *gx);
      break;
    case KIND_AVERAGE: {
      const int places = in.height * in.width;
      for (int at = 0; at < in.channels * places; at++) gx[at] = gy[at / places] * (1.0f / (float)places);
      break;
    }
    case KIND_DENSE:
      dense_backward(layer, (int)before->size, x, gy, gx, parameters, sums);
      break;
    default:
      break;
  }
}

/* What a layer's readers further on, the ADDs, want of it. */
static void add_from_readers(network_t *network, int32_t place) {
  node_t *node = &network->nodes[place];
  for (int32_t later = place + 1; later < network->count; later++) {
    const node_t *reader = &network->nodes[later];
    if (reader->is.kind != KIND_ADD || reader->is.source != place) continue;
    for (int32_t block = 0; block < network->blocks; block++) {
      add_middle(&node->is, &reader->is, reader->gradients + (size_t)block * reader->size,
                 node->gradients + (size_t)block * node->size, 1);
    }
  }
}

void network_backward(network_t *network, const float *parameters, float *sums, enum mode mode) {
  for (int32_t place = network->count - 1; place >= 1; place--) {
    node_t *node = &network->nodes[place];
    if (node->is.kind == KIND_NORM) {
      normal_backward(&node->is, &node->normal, node[-1].values, node->values, node->gradients,
                      node[-1].gradients, network->blocks, parameters, sums, mode);
    } else {
      for (int32_t block = 0; block < network->blocks; block++)
        backward_block(network, place, block, parameters, sums);
    }
    add_from_readers(network, place - 1);
  }
}

/* Whether a layer normalises by statistics. */
static int normalises(const node_t *node) { return node->is.kind == KIND_NORM && node->is.scale >= 0; }

void network_statistics_clear(network_t *network) {
  for (int32_t place = 0; place < network->count; place++) {
    node_t *node = &network->nodes[place];
    if (!normalises(node)) continue;
    memset(node->normal.mean_sum, 0,
           2 * (size_t)node->is.channels * sizeof(double)); /* both sums: they lie together */
  }
}

void network_statistics_close(network_t *network, int32_t batches) {
  for (int32_t place = 0; place < network->count; place++) {
    node_t *node = &network->nodes[place];
    if (!normalises(node)) continue;
    for (int channel = 0; channel < node->is.channels; channel++) {
      const double mean = node->normal.mean_sum[channel] / batches;
      node->normal.fixed_mean[channel] = (float)mean;
      node->normal.fixed_variance[channel] =
          (float)(node->normal.square_sum[channel] / batches - mean * mean);
    }
  }
}

/* [means][variances] of one layer after another. */
int32_t network_statistics(const network_t *network, float *out) {
  int32_t count = 0;
  for (int32_t place = 0; place < network->count; place++) {
    const node_t *node = &network->nodes[place];
    if (!normalises(node)) continue;
    const size_t channels = (size_t)node->is.channels; /* fixed_mean and fixed_variance lie together */
    if (out) memcpy(out + count, node->normal.fixed_mean, 2 * channels * sizeof *out);
    count += 2 * node->is.channels;
  }
  return count;
}

void network_statistics_set(network_t *network, const float *given) {
  for (int32_t place = 0; place < network->count; place++) {
    node_t *node = &network->nodes[place];
    if (!normalises(node)) continue;
    const size_t channels = (size_t)node->is.channels;
    memcpy(node->normal.fixed_mean, given, 2 * channels * sizeof *given);
    given += 2 * channels;
  }
}
