/* An engine that computes no network: its output is a hash of its input, so that any wrong input byte shows.
 *
 *   STUB_SPIN    on Arm: turns of a loop of exactly two instructions
 *   STUB_STACK   bytes of stack that it uses
 *   STUB_POISON  the first input byte that makes it fail, or crash if STUB_CRASH
 *   STUB_INIT    what engine_init() returns
 */
#include "engine.h"

#ifndef STUB_INPUT_BYTES
#define STUB_INPUT_BYTES 784
#endif
#ifndef STUB_OUTPUT_BYTES
#define STUB_OUTPUT_BYTES 10
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

static union {
  float for_alignment;
  uint8_t bytes[STUB_INPUT_BYTES];
} input;
static uint8_t output[STUB_OUTPUT_BYTES];

static const engine_info_t info = {"stub", STUB_DTYPE, STUB_INPUT_BYTES, STUB_OUTPUT_BYTES, STUB_INPUT_BYTES};

engine_status_t engine_init(void) {
  input.bytes[0] = 0x55; /* as an engine may */
  return STUB_INIT;
}

const engine_info_t *engine_info(void) { return &info; }

uint8_t *engine_input(void) { return input.bytes; }

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

const uint8_t *engine_output(void) { return output; }
