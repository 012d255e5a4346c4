/* aot_engine.c: engine.h over the C that the compiler generated (model/model.h). */
#include "engine.h"
#include "model.h"

static const engine_info_t info = {
    .runtime = "aot",
    .dtype = (engine_dtype_t)MODEL_DTYPE,
    .input_bytes = MODEL_INPUT_BYTES,
    .output_bytes = MODEL_OUTPUT_BYTES,
    .arena_bytes = MODEL_ARENA_BYTES,
};

engine_status_t engine_init(void) { return ENGINE_OK; }

const engine_info_t *engine_info(void) { return &info; }

uint8_t *engine_input(void) { return model_input(); }

engine_status_t engine_invoke(void) {
  model_invoke();
  return ENGINE_OK;
}

const uint8_t *engine_output(void) { return model_output(); }
