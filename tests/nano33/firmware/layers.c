/* An engine of four layers, of which every instruction is known: three loops, and loads behind a condition.
 *
 * As output it gives the sum that the last layer made: Unicorn, with a hook on memory, would lose half of it.
 */
#include "build_info.h"
#include "engine.h"

enum { TURNS_0 = 100, TURNS_1 = 300, TURNS_2 = 700, TURNS_3 = 50 };

const uint8_t tinyml_build_id[WIRE_BUILD_ID_BYTES] = {1, 2, 3, 4, 5, 6, 7, 8};
const uint8_t tinyml_build_model_sha256[WIRE_SHA256_BYTES] = {0xAB};
const char tinyml_build_board[] = "nano33";
elements_scale_t *const tinyml_build_scale = 0;

static uint8_t input[4];
static uint32_t output;
static const uint32_t one = 1; /* in flash */

engine_status_t engine_init(void) { return ENGINE_OK; }

const engine_info_t *engine_info(void) {
  static const engine_end_t ends[] = {{sizeof input, ENGINE_INT8, {0}}, {sizeof output, ENGINE_INT32, {0}}};
  static const engine_info_t info = {"aot", ends, 1, 1, 4, sizeof input + sizeof output, 0};
  return &info;
}

uint8_t *engine_input(uint8_t index) {
  (void)index;
  return input;
}

/* Two instructions a turn. */
static __attribute__((noinline)) void loop(uint32_t turns) {
  __asm volatile(
      ".balign 4 \n"
      "1: subs %0, #1 \n"
      "bne.n 1b \n"
      : "+l"(turns)
      :
      : "cc");
}

/* Six a turn, one of them a load from flash, behind an IT. */
static __attribute__((noinline)) uint32_t add(uint32_t turns) {
  uint32_t sum = 0, loaded = 0;
  __asm volatile(
      ".balign 4 \n"
      "1: cmp %0, #0 \n"
      "it ne \n"
      "ldrne %2, [%3] \n"
      "adds %1, %2 \n"
      "subs %0, #1 \n"
      "bne.n 1b \n"
      : "+l"(turns), "+l"(sum), "+l"(loaded)
      : "l"(&one)
      : "cc", "memory");
  return sum;
}

engine_status_t engine_invoke(void) {
  loop(TURNS_0);
  loop(TURNS_1);
  loop(TURNS_2);
  output = add(TURNS_3);
  return ENGINE_OK;
}

engine_status_t engine_trace(engine_watch_t *watch) {
  loop(TURNS_0);
  watch(0, input, 0, 0);
  loop(TURNS_1);
  watch(1, input, 0, 0);
  loop(TURNS_2);
  watch(2, input, 0, 0);
  output = add(TURNS_3);
  watch(3, input, 0, 0);
  return ENGINE_OK;
}

void engine_begin(void) {}

engine_status_t engine_push(engine_watch_t *watch) {
  (void)watch;
  return ENGINE_ERROR_INVOKE;
}

uint8_t engine_constant(const uint8_t *base, uint32_t place) { return base[(int32_t)place]; }

const uint8_t *engine_output(uint8_t index) {
  (void)index;
  return (const uint8_t *)&output;
}
