/* An engine that computes no network: its output is a hash of its input, so that any wrong input byte shows.
 *
 *   STUB_INPUTS, STUB_OUTPUTS  how many the input and the output are cut into: the last has what is over
 *   STUB_SPIN    on Arm and RISC-V: turns of a loop of exactly two instructions
 *   STUB_STACK   bytes of stack that it uses
 *   STUB_POISON  the first input byte that makes it fail, or crash if STUB_CRASH
 *   STUB_INIT    what engine_init() returns
 *   STUB_ROW_BYTES  of a row of its one input, which it takes row by row; 0: whole
 *   STUB_LAYERS  how many it tells of: the first is the input, the last the output, those between all zeros
 */
#include "engine.h"

#ifndef STUB_INPUT_BYTES
#define STUB_INPUT_BYTES 784
#endif
#ifndef STUB_OUTPUT_BYTES
#define STUB_OUTPUT_BYTES 10
#endif
#ifndef STUB_INPUTS
#define STUB_INPUTS 1
#endif
#ifndef STUB_OUTPUTS
#define STUB_OUTPUTS 1
#endif
#ifndef STUB_DTYPE
#define STUB_DTYPE ENGINE_INT8
#endif
#ifndef STUB_SPIN
#define STUB_SPIN 1
#endif
#ifndef STUB_STACK
#define STUB_STACK 4
#endif
#ifndef STUB_CRASH
#define STUB_CRASH 0
#endif
#ifndef STUB_POISON
#define STUB_POISON -1 /* none */
#endif
#ifndef STUB_INIT
#define STUB_INIT ENGINE_OK
#endif

#ifndef STUB_ROW_BYTES
#define STUB_ROW_BYTES 0
#endif

#ifndef STUB_LAYERS
#define STUB_LAYERS 3
#endif

static union {
  float for_alignment;
  uint8_t bytes[STUB_INPUT_BYTES];
} input;
static uint8_t output[STUB_OUTPUT_BYTES];

static engine_end_t ends[STUB_INPUTS + STUB_OUTPUTS];

static const engine_info_t info = {"stub",           ends,          STUB_INPUTS, STUB_OUTPUTS, STUB_LAYERS,
                                   STUB_INPUT_BYTES, STUB_ROW_BYTES};
static uint32_t row_at; /* where the next row goes */

static void cut(engine_end_t *to, uint32_t count, uint32_t bytes) {
  for (uint32_t end = 0; end < count; ++end) {
    to[end].dtype = STUB_DTYPE;
    to[end].bytes = end + 1 < count ? bytes / count : bytes - (count - 1) * (bytes / count);
  }
}

engine_status_t engine_init(void) {
  input.bytes[0] = 0x55; /* as an engine may */
  return STUB_INIT;
}

const engine_info_t *engine_info(void) {
  cut(ends, STUB_INPUTS, STUB_INPUT_BYTES);
  cut(ends + STUB_INPUTS, STUB_OUTPUTS, STUB_OUTPUT_BYTES);
  return &info;
}

uint8_t *engine_input(uint8_t index) {
  return input.bytes + row_at + index * (STUB_INPUT_BYTES / STUB_INPUTS);
}

void engine_begin(void) { row_at = 0; }

engine_status_t engine_push(engine_watch_t *watch) {
  if (row_at + STUB_ROW_BYTES > STUB_INPUT_BYTES) __builtin_trap();
  if (watch && STUB_LAYERS > 1) watch(0, input.bytes + row_at, STUB_ROW_BYTES, STUB_INPUT_BYTES);
  row_at += STUB_ROW_BYTES;
  return ENGINE_OK;
}

static void spin(void) {
#if defined(__arm__)
  uint32_t turns = STUB_SPIN;
  __asm volatile(
      ".syntax unified   \n"
      "1: subs %0, %0, #1\n"
      "   bne  1b        \n"
      : "+l"(turns)
      :
      : "cc");
#elif defined(__riscv)
  uint32_t turns = STUB_SPIN;
  __asm volatile(
      "1: addi %0, %0, -1\n"
      "   bnez %0, 1b    \n"
      : "+r"(turns));
#endif
}

static void use_stack(void) {
  volatile uint8_t room[STUB_STACK];
  for (uint32_t place = 0; place < sizeof room; ++place) room[place] = 1;
}

engine_status_t engine_invoke(void) {
  const int first = input.bytes[0];
  if (first == STUB_POISON) {
    if (STUB_CRASH) __builtin_trap();
    return ENGINE_ERROR_INVOKE;
  }
  spin();
  use_stack();
  uint32_t hash = 2166136261u; /* FNV-1a */
  for (uint32_t place = 0; place < STUB_INPUT_BYTES; ++place) hash = (hash ^ input.bytes[place]) * 16777619u;
  for (uint32_t place = 0; place < STUB_OUTPUT_BYTES; ++place) {
    hash = (hash ^ place) * 16777619u;
    output[place] = (uint8_t)(hash >> 24);
  }
  return ENGINE_OK;
}

engine_status_t engine_trace(engine_watch_t *watch) {
  static const uint8_t between[5];
  for (uint16_t layer = 0; layer + 1 < STUB_LAYERS; ++layer) {
    if (layer == 0 && STUB_ROW_BYTES)
      continue;
    else if (layer == 0)
      watch(layer, input.bytes, sizeof input.bytes, sizeof input.bytes);
    else
      watch(layer, between, sizeof between, sizeof between);
  }
  const engine_status_t status = engine_invoke();
  if (status == ENGINE_OK) watch(STUB_LAYERS - 1, output, sizeof output, sizeof output);
  return status;
}

uint8_t engine_constant(const uint8_t *base, uint32_t place) { return base[(int32_t)place]; }

const uint8_t *engine_output(uint8_t index) { return output + index * (STUB_OUTPUT_BYTES / STUB_OUTPUTS); }
