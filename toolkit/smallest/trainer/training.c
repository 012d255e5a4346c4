#include "training.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double batch_gradients(network_t *network, const float *parameters, float *sums, const float *real,
                       const uint8_t *images, const uint8_t *labels, const int32_t *chosen, loss_t kind,
                       float weight, enum mode mode) {
  const int32_t last = network_layers(network) - 1, classes = network_classes(network);
  const float off = kind.smoothing / (float)classes, on = 1.0f - kind.smoothing + off;
  double loss = 0.0;
  network_load(network, images, chosen, real);
  network_forward(network, parameters, mode);
  for (int32_t image = 0; image < network_images(network); image++) {
    const int32_t start = image / LANES * classes * LANES + image % LANES, label = labels[chosen[image]];
    const float *score = network_values(network, last) + start;
    float *gradient = network_gradients(network, last) + start;
    float most = score[0], total = 0.0f;
    for (int32_t each = 1; each < classes; each++) most = fmaxf(most, score[each * LANES]);
    for (int32_t each = 0; each < classes; each++) total += expf(score[each * LANES] - most);
    const float entropy = logf(total) + most - score[label * LANES];
    /* d (1 - p^q) / q = p^q d (-log p) */
    const float kept = kind.forgiving > 0 ? expf(-kind.forgiving * entropy) : 1.0f;
    for (int32_t each = 0; each < classes; each++) {
      const float likely = expf(score[each * LANES] - most) / total;
      gradient[each * LANES] = weight * kept * (likely - (each == label ? on : off));
    }
    loss += kind.forgiving > 0 ? (1.0f - kept) / kind.forgiving : entropy;
  }
  network_backward(network, parameters, sums, mode);
  return loss;
}

/* What the int8 file will hold: each weight on its grid, within -127..127 steps. */
static const float *on_grid(const state_t *state, const float *parameters, float *scratch) {
  if (!state->grid) return parameters;
  for (int32_t place = 0; place < state->count; place++) {
    const float step = state->grid[place];
    scratch[place] =
        step > 0 ? fmaxf(-127, fminf(127, roundf(parameters[place] / step))) * step : parameters[place];
  }
  return scratch;
}

static void adam(state_t *state, const settings_t *settings, const float *sums, float rate, int64_t step) {
  const float one = 1.0f - powf(settings->beta1, (float)step),
              two = 1.0f - powf(settings->beta2, (float)step);
  const float early = (float)step / (float)(step + 9), averaging = fminf(settings->averaging, early);
  for (int32_t place = 0; place < state->count; place++) {
    const float gradient = sums[place];
    state->first[place] = settings->beta1 * state->first[place] + (1 - settings->beta1) * gradient;
    state->second[place] =
        settings->beta2 * state->second[place] + (1 - settings->beta2) * gradient * gradient;
    float value = state->parameters[place];
    value -= rate * (state->first[place] / one / (sqrtf(state->second[place] / two) + 1e-8f) +
                     state->decay[place] * value);
    value = fmaxf(value, state->least[place]);
    state->parameters[place] = value;
    state->averaged[place] = averaging * state->averaged[place] + (1 - averaging) * value;
  }
}

/* Sharpness-aware: where the loss is highest within `radius`, by its own gradient (Foret et al., 2021). */
static void climb(const state_t *state, const float *sums, float radius, float *out) {
  double square = 0.0;
  for (int32_t place = 0; place < state->count; place++) square += (double)sums[place] * sums[place];
  const float along = radius / (float)(sqrt(square) + 1e-12);
  for (int32_t place = 0; place < state->count; place++) {
    out[place] = fmaxf(state->parameters[place] + along * sums[place], state->least[place]);
  }
}

/* The inner network's gradients, added at its places; its loss. `scratch`: as many floats as `sums` has,
 * twice. */
static double inner_gradients(const settings_t *settings, const float *parameters, float *sums,
                              float *scratch, const uint8_t *images, const uint8_t *labels,
                              const int32_t *chosen, float weight) {
  const int32_t count = settings->inner_count;
  float *own = scratch, *gradients = scratch + count;
  for (int32_t place = 0; place < count; place++) own[place] = parameters[settings->places[place]];
  memset(gradients, 0, (size_t)count * sizeof *gradients);
  const double loss = batch_gradients(settings->inner, own, gradients, settings->real, images, labels, chosen,
                                      settings->loss, weight, (enum mode)settings->mode);
  for (int32_t place = 0; place < count; place++) sums[settings->places[place]] += gradients[place];
  return loss;
}

double train_epoch(network_t *network, state_t *state, const settings_t *settings, const uint8_t *images,
                   const uint8_t *labels, const int32_t *order, int32_t count) {
  const int32_t batch = network_images(network), images_a_step = batch * settings->accumulate;
  const int32_t steps = count / images_a_step;
  const size_t bytes = (size_t)state->count * sizeof(float);
  float *sums = malloc(bytes), *high = malloc(bytes), *gridded = malloc(bytes), *inner = malloc(2 * bytes);
  double loss = 0.0;
  if (!sums || !high || !gridded || !inner) loss = -1.0;
  for (int32_t step = 0; step < steps && loss >= 0.0; step++, order += images_a_step) {
    const float weight = 1.0f / (float)images_a_step;
    const float *at = on_grid(state, state->parameters, gridded);
    memset(sums, 0, bytes);
    for (int32_t part = 0; part < settings->accumulate; part++) {
      const int32_t *chosen = order + part * batch;
      const float share = settings->inner ? settings->outer * weight : weight;
      const double wide = batch_gradients(network, at, sums, settings->real, images, labels, chosen,
                                          settings->loss, share, (enum mode)settings->mode);
      loss +=
          settings->inner ? inner_gradients(settings, at, sums, inner, images, labels, chosen, weight) : wide;
    }
    if (settings->sharpness > 0) {
      climb(state, sums, settings->sharpness, high);
      memset(sums, 0, bytes);
      for (int32_t part = 0; part < settings->accumulate; part++) {
        batch_gradients(network, high, sums, settings->real, images, labels, order + part * batch,
                        settings->loss, weight, (enum mode)settings->mode);
      }
    }
    adam(state, settings, sums, settings->rates[step], settings->steps_before + step + 1);
  }
  free(sums);
  free(high);
  free(gridded);
  free(inner);
  return loss < 0.0 ? loss : loss / ((double)steps * images_a_step);
}

/* Image numbers of a batch that starts at `start`; past the end the last one again. */
static void next(int32_t start, int32_t count, int32_t batch, int32_t *chosen) {
  for (int32_t image = 0; image < batch; image++)
    chosen[image] = start + image < count ? start + image : count - 1;
}

int32_t run_images(network_t *network, const float *parameters, const float *real, const uint8_t *images,
                   int32_t count, float *outputs) {
  const int32_t batch = network_images(network), classes = network_classes(network);
  int32_t *chosen = malloc((size_t)batch * sizeof *chosen);
  if (!chosen) return 0;
  for (int32_t start = 0; start < count; start += batch) {
    next(start, count, batch, chosen);
    network_load(network, images, chosen, real);
    network_forward(network, parameters, MODE_FIXED);
    const float *scores = network_values(network, network_layers(network) - 1);
    for (int32_t image = 0; image < batch && start + image < count; image++) {
      for (int32_t each = 0; each < classes; each++) {
        outputs[(size_t)(start + image) * (size_t)classes + (size_t)each] =
            scores[(image / LANES * classes + each) * LANES + image % LANES];
      }
    }
  }
  free(chosen);
  return 1;
}

int32_t collect_statistics(network_t *network, const float *parameters, const float *real,
                           const uint8_t *images, int32_t count) {
  const int32_t batch = network_images(network), batches = count / batch;
  int32_t *chosen = malloc((size_t)batch * sizeof *chosen);
  if (!chosen || !batches) {
    free(chosen);
    return 0;
  }
  network_statistics_clear(network);
  for (int32_t start = 0; start < batches * batch; start += batch) {
    next(start, count, batch, chosen);
    network_load(network, images, chosen, real);
    network_forward(network, parameters, MODE_COLLECT);
  }
  network_statistics_close(network, batches);
  free(chosen);
  return 1;
}
