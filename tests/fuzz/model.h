/* model.h: what the firmware core must answer, written the plain way: whole frames in buffers, no state
 * machine.
 *
 * The fuzz target holds the core against this, byte for byte.
 */
#ifndef TINYML_FUZZ_MODEL_H
#define TINYML_FUZZ_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine.h"

enum {
  MODEL_MAX_WIRE = 1 << 16,
  MODEL_MAX_INPUT = 1024,
  MODEL_MAX_OUTPUT = 600,
  MODEL_MAX_BODY = 3 + 10 + MODEL_MAX_INPUT,
  MODEL_LAYERS = 2, /* the input as it came, and the output */
  MODEL_MAX_ANSWERS = MODEL_LAYERS + 1,
};

/* The device that is modelled. */
typedef struct {
  bool takes_elements; /* float32; where there is one input */
  bool never_starts;   /* engine_init() fails */
  size_t input_bytes;  /* of all inputs */
  size_t output_bytes;
  const engine_end_t *ends;
  uint8_t inputs;
  uint8_t outputs;
} model_device_t;

/* One answer; `free_reason`: any REFUSED will do, for a body shorter than its header, which nobody sends. */
typedef struct {
  uint8_t body[MODEL_MAX_BODY];
  size_t size;
  bool free_reason;
} model_answer_t;

/* What the device answers to one frame, given without its delimiter: how many answers, up to
 * MODEL_MAX_ANSWERS. *in_step, *start: of the device, as receiver.h and app.c have them. */
size_t model_answer(const model_device_t *device, const uint8_t *frame, size_t size, bool *in_step,
                    uint16_t *start, model_answer_t *answers);

/* HELLO's body. */
void model_hello(const model_device_t *device, uint16_t seq, uint8_t flags, uint16_t start,
                 model_answer_t *answer);

/* COBS undone in a buffer, CRC checked and taken off: the body's size, or -1 if it is damaged. */
long model_decode(const uint8_t *frame, size_t size, uint8_t *body);

/* A byte of the fuzzed engine's constants. */
uint8_t model_constant(uint32_t place);

/* What the fuzzed engine computes; false where it fails. */
bool model_infer(const uint8_t *input, size_t input_bytes, uint8_t *output, size_t output_bytes);

#endif
