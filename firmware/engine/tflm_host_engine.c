#include "tflm_host_engine.h"

#include <stddef.h>

#include "engine.h"
#include "tflm_host.h"

/* The tensors' bytes one after the other: nobody here reads elements. */
static uint8_t inputs[TFLM_HOST_INPUT_BYTES];
static uint8_t outputs[TFLM_HOST_OUTPUT_BYTES];

static tflm_host_invoke_t invoke;
static tflm_host_trace_t trace;

static const engine_end_t ends[TFLM_HOST_INPUTS + TFLM_HOST_OUTPUTS] = {TFLM_HOST_ENDS};

static const engine_info_t info = {
    .runtime = "tflm",
    .ends = ends,
    .inputs = TFLM_HOST_INPUTS,
    .outputs = TFLM_HOST_OUTPUTS,
    .layers = TFLM_HOST_LAYERS,
    .arena_bytes = TFLM_HOST_ARENA_BYTES,
};

/* Where end number `last` begins, counted from end number `first`. */
static size_t bytes_before(uint32_t first, uint32_t last) {
  size_t bytes = 0;
  for (; first < last; ++first) bytes += ends[first].bytes;
  return bytes;
}

void tflm_host_set_invoke(tflm_host_invoke_t given, tflm_host_trace_t given_trace) {
  invoke = given;
  trace = given_trace;
}

engine_status_t engine_init(void) { return invoke != NULL ? ENGINE_OK : ENGINE_ERROR_MODEL; }

const engine_info_t *engine_info(void) { return &info; }

uint8_t *engine_input(uint8_t index) { return inputs + bytes_before(0, index); }

engine_status_t engine_invoke(void) {
  return invoke != NULL && invoke(inputs, outputs) == 0 ? ENGINE_OK : ENGINE_ERROR_INVOKE;
}

engine_status_t engine_trace(engine_watch_t *watch) {
  return trace != NULL && trace(inputs, outputs, watch) == 0 ? ENGINE_OK : ENGINE_ERROR_INVOKE;
}

/* The interpreter wants its inputs whole. */
void engine_begin(void) {}

engine_status_t engine_push(engine_watch_t *watch) {
  (void)watch;
  return ENGINE_ERROR_INVOKE;
}

uint8_t engine_constant(const uint8_t *base, uint32_t place) { return base[(int32_t)place]; }

const uint8_t *engine_output(uint8_t index) {
  return outputs + bytes_before(TFLM_HOST_INPUTS, TFLM_HOST_INPUTS + (uint32_t)index);
}
