/* aot_engine.c: engine.h over the C that the compiler generated (model/model.h). */
#include "aot_memory.h"
#include "engine.h"
#include "model.h"

static const engine_end_t ends[MODEL_INPUTS + MODEL_OUTPUTS] = {MODEL_ENDS};

static const engine_info_t info = {
    .runtime = "aot",
    .ends = ends,
    .inputs = MODEL_INPUTS,
    .outputs = MODEL_OUTPUTS,
    .layers = MODEL_LAYERS,
    .arena_bytes = MODEL_ARENA_BYTES,
    .row_bytes = MODEL_ROW_BYTES,
};

engine_status_t engine_init(void) { return ENGINE_OK; }

const engine_info_t *engine_info(void) { return &info; }

uint8_t *engine_input(uint8_t index) { return model_input(index); }

/* What is done to the input before the network reads it. */
static void prepare(void) {
#ifdef MODEL_STRAIGHTEN
  _Static_assert(MODEL_ROW_BYTES == 0, "a digit is set upright when all of it is there");
  engine_straighten((int8_t *)model_input(0));
#endif
}

engine_status_t engine_invoke(void) {
  prepare();
  model_invoke();
  return ENGINE_OK;
}

engine_status_t engine_trace(engine_watch_t *watch) {
  prepare();
  model_trace(watch);
  return ENGINE_OK;
}

void engine_begin(void) {
#if MODEL_ROW_BYTES > 0
  model_begin();
#endif
}

engine_status_t engine_push(engine_watch_t *watch) {
#if MODEL_ROW_BYTES > 0
  model_push(watch);
  return ENGINE_OK;
#else
  (void)watch;
  return ENGINE_ERROR_INVOKE;
#endif
}

uint8_t engine_constant(const uint8_t *base, uint32_t place) { return AOT_BYTE(base, place); }

const uint8_t *engine_output(uint8_t index) { return model_output(index); }
