/* An engine that needs no model: output byte k is the sum of the input bytes k, k + 10, k + 20, ... */
#include "engine.h"

#include "build_info.h"

enum { INPUT_BYTES = 784, OUTPUT_BYTES = 10 };

const uint8_t tinyml_build_id[WIRE_BUILD_ID_BYTES] = {1, 2, 3, 4, 5, 6, 7, 8};
const uint8_t tinyml_build_model_sha256[WIRE_SHA256_BYTES] = {0xAB};
const char tinyml_build_board[] = "nano33";
elements_scale_t *const tinyml_build_scale = 0;

static uint8_t input[INPUT_BYTES], output[OUTPUT_BYTES];

/* Uses the FPU: an image that has not enabled it is to fault here. */
engine_status_t engine_init(void) {
  static volatile float half = 0.5f;
  half = half * 3.0f;
  return half > 1.0f ? ENGINE_OK : ENGINE_ERROR_MODEL;
}

const engine_info_t *engine_info(void) {
  static const engine_end_t ends[] = {{INPUT_BYTES, ENGINE_INT8, {0}}, {OUTPUT_BYTES, ENGINE_INT8, {0}}};
  static const engine_info_t info = {"aot", ends, 1, 1, 0, sizeof input + sizeof output, 0};
  return &info;
}

uint8_t *engine_input(uint8_t index) {
  (void)index;
  return input;
}

engine_status_t engine_invoke(void) {
  float sums[OUTPUT_BYTES] = {
      0}; /* exact up to 2^24; floating point is to work after a reset by the bootloader */
  for (uint32_t i = 0; i < INPUT_BYTES; ++i) sums[i % OUTPUT_BYTES] += (float)input[i];
  for (uint32_t k = 0; k < OUTPUT_BYTES; ++k) output[k] = (uint8_t)(uint32_t)sums[k];
  return ENGINE_OK;
}

engine_status_t engine_trace(engine_watch_t *watch) {
  (void)watch;
  return engine_invoke();
}

void engine_begin(void) {}

engine_status_t engine_push(engine_watch_t *watch) {
  (void)watch;
  return ENGINE_ERROR_INVOKE;
}

uint8_t engine_constant(const uint8_t *base, uint32_t place) { return base[(int32_t)place]; }

const uint8_t *engine_output(uint8_t index) {
  (void)index;
  return output;
}
