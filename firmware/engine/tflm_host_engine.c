#include "tflm_host_engine.h"

#include <stddef.h>

#include "engine.h"
#include "tflm_host.h"

/* Aligned for either element type. */
static union {
  float alignment;
  uint8_t bytes[TFLM_HOST_INPUT_BYTES];
} input;
static union {
  float alignment;
  uint8_t bytes[TFLM_HOST_OUTPUT_BYTES];
} output;

static tflm_host_invoke_t invoke;

static const engine_info_t info = {
    .runtime = "tflm",
    .dtype = TFLM_HOST_DTYPE,
    .input_bytes = TFLM_HOST_INPUT_BYTES,
    .output_bytes = TFLM_HOST_OUTPUT_BYTES,
    .arena_bytes = TFLM_HOST_ARENA_BYTES,
};

void tflm_host_set_invoke(tflm_host_invoke_t given) { invoke = given; }

engine_status_t engine_init(void) { return invoke != NULL ? ENGINE_OK : ENGINE_ERROR_MODEL; }

const engine_info_t *engine_info(void) { return &info; }

uint8_t *engine_input(void) { return input.bytes; }

engine_status_t engine_invoke(void) {
  return invoke != NULL && invoke(input.bytes, output.bytes) == 0 ? ENGINE_OK : ENGINE_ERROR_INVOKE;
}

const uint8_t *engine_output(void) { return output.bytes; }
