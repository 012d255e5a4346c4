/* An engine that computes no network: its output is a hash of its input, so that any wrong input byte shows.
 * STUB_ROUNDS makes it slow; the first input byte STUB_POISON makes it fail, once. */
#include <stdbool.h>

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
#ifndef STUB_ROUNDS
#define STUB_ROUNDS 1
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

engine_status_t engine_invoke(void) {
  const int first = input.bytes[0];
  if (first == STUB_POISON) return ENGINE_ERROR_INVOKE;
  uint32_t hash = 0;
  for (uint32_t round = 0; round < STUB_ROUNDS; ++round) {
    hash = 2166136261u; /* FNV-1a */
    for (uint32_t place = 0; place < STUB_INPUT_BYTES; ++place)
      hash = (hash ^ input.bytes[place]) * 16777619u;
    __asm volatile("" : "+r"(hash));
  }
  for (uint32_t place = 0; place < STUB_OUTPUT_BYTES; ++place) {
    hash = (hash ^ place) * 16777619u;
    output[place] = (uint8_t)(hash >> 24);
  }
  return ENGINE_OK;
}

const uint8_t *engine_output(void) { return output; }
