/* slot_engine.c: engine.h over a plan that was built in or came over the link; slots.h. */
#include "aot_memory.h"
#include "engine.h"
#include "model.h"
#include "slots.h"

/* All tensors and scratch, by lifetime, of whichever network runs. */
static union {
  uint8_t bytes[MODEL_ARENA_BYTES];
  uint32_t alignment;
} arena;

static const slot_plan_t *plan;

engine_status_t engine_init(void) {
  plan = engine_slots_plan();
  if (plan->arena_bytes > MODEL_ARENA_BYTES) return ENGINE_ERROR_ARENA;
  for (uint16_t step = 0; step < plan->count; ++step) {
    if (plan->steps[step].kernel >= MODEL_KERNELS) return ENGINE_ERROR_MODEL;
  }
  return ENGINE_OK;
}

const engine_info_t *engine_info(void) {
  static engine_info_t info;
  const slot_plan_t *now = engine_slots_plan();
  info = (engine_info_t){.runtime = "aot",
                         .ends = now->ends,
                         .inputs = now->inputs,
                         .outputs = now->outputs,
                         .layers = now->count,
                         .arena_bytes = now->arena_bytes};
  return &info;
}

uint8_t *engine_input(uint8_t index) { return arena.bytes + plan->places[index]; }

engine_status_t engine_invoke(void) {
  const slot_step_t *step = plan->steps;
  for (uint16_t left = plan->count; left; --left, ++step)
    model_kernels[step->kernel](arena.bytes, step->words);
  return ENGINE_OK;
}

engine_status_t engine_trace(engine_watch_t *watch) {
  for (uint16_t layer = 0; layer < plan->count; ++layer) {
    const slot_step_t *step = &plan->steps[layer];
    model_kernels[step->kernel](arena.bytes, step->words);
    watch(layer, arena.bytes + step->output, step->bytes, step->bytes);
  }
  return ENGINE_OK;
}

/* Networks in slots take their inputs whole. */
void engine_begin(void) {}

engine_status_t engine_push(engine_watch_t *watch) {
  (void)watch;
  return ENGINE_ERROR_INVOKE;
}

uint8_t engine_constant(const uint8_t *base, uint32_t place) { return AOT_BYTE(base, place); }

const uint8_t *engine_output(uint8_t index) { return arena.bytes + plan->places[plan->inputs + index]; }
