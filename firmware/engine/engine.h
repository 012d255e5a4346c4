/* engine.h: the one interface between the firmware core and whatever computes the network.
 *
 * An engine owns its input and output tensors, at least one of each, in the model's own order and element
 * types, little-endian. Each is contiguous; they may lie anywhere, and inputs may share memory with outputs.
 * The core writes the inputs' bytes as they arrive from the wire, one tensor after the other, calls
 * engine_invoke() once, and sends the outputs' bytes back unchanged.
 *
 * No engine allocates from a heap. All functions are called from one thread, never from an interrupt.
 */
#ifndef TINYML_ENGINE_H
#define TINYML_ENGINE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define ENGINE_MUST_CHECK __attribute__((warn_unused_result))
#else
#define ENGINE_MUST_CHECK
#endif

typedef enum {
  ENGINE_OK = 0,
  ENGINE_ERROR_ARENA = 1,  /* the arena is too small for the model */
  ENGINE_ERROR_MODEL = 2,  /* the model's version or an operator is not what the engine was built for */
  ENGINE_ERROR_INVOKE = 3, /* the network could not be computed */
} engine_status_t;

typedef enum {
  ENGINE_INT8 = 1,
  ENGINE_FLOAT32 = 2, /* IEEE-754 binary32 */
  ENGINE_UINT8 = 3,
  ENGINE_INT16 = 4,
  ENGINE_INT32 = 5,
  ENGINE_BOOL = 6, /* a byte, 0 or 1 */
} engine_dtype_t;

/* One input or output. HELLO carries it as it lies in memory: 8 bytes on every machine.
 *
 *   | bytes ........ | dtype | 0 0 0 |
 */
typedef struct {
  uint32_t bytes;  /* size of the tensor, at least 1 */
  uint8_t dtype;   /* engine_dtype_t */
  uint8_t zero[3]; /* always 0 */
} engine_end_t;

typedef struct {
  const char *runtime;      /* "aot" or "tflm", NUL-terminated, static */
  const engine_end_t *ends; /* the inputs, then the outputs; static */
  uint8_t inputs;           /* how many, 1 to 255 */
  uint8_t outputs;
  uint16_t layers;      /* how many engine_trace() tells of; 0: it only computes */
  uint32_t arena_bytes; /* RAM for tensors and scratch that the engine really uses; valid after init */
  uint32_t
      row_bytes; /* 0: inputs lie whole. Otherwise the one input is taken row by row, so many bytes each */
} engine_info_t;

/* Prepares the engine; called once at start, and may be called again after an error. */
ENGINE_MUST_CHECK engine_status_t engine_init(void);

/* Static facts, never NULL. arena_bytes is final only after engine_init() returned ENGINE_OK. */
const engine_info_t *engine_info(void);

/* Input number `index`, below `inputs`: as many writable bytes as its end says. Its content is undefined
 * after engine_invoke(): memory planners reuse it. Only valid after engine_init() returned ENGINE_OK.
 * Where the input is taken row by row: where the next row goes, `row_bytes` of it. */
uint8_t *engine_input(uint8_t index);

/* Computes the outputs from the inputs. Where the input is taken row by row: what is left when all have come.
 */
ENGINE_MUST_CHECK engine_status_t engine_invoke(void);

/* Told by engine_trace() after each layer, in their order: its output lies at `bytes` until the next is
 * computed. A layer that runs row by row tells of each row of its output, from the top, and others in
 * between: `whole` is the size of all of it. */
typedef void engine_watch_t(uint16_t layer, const uint8_t *bytes, uint32_t size, uint32_t whole);

/* Only where the input is taken row by row. First, and to begin anew: forgets all rows. */
void engine_begin(void);

/* Takes the row that was written to engine_input(0), and computes what it can. `watch` as for engine_trace(),
 * or NULL. */
ENGINE_MUST_CHECK engine_status_t engine_push(engine_watch_t *watch);

/* Computes the outputs from the inputs as engine_invoke() does, and stops after each layer to tell of it. */
ENGINE_MUST_CHECK engine_status_t engine_trace(engine_watch_t *watch);

/* A byte of the program's constants, as it lies in its memory now. `place` counts from `base`, of which the
 * linked program tells where it is; in a program memory of its own, as AVR has, it is the address in that.
 * Nothing holds it to where constants are: who asks knows the linked program. */
uint8_t engine_constant(const uint8_t *base, uint32_t place);

/* Of an engine that takes networks over the link alone: the core asks for it where CORE_SLOTS is 1; slots.h
 * has what it does. The numbers are the wire's. */
typedef struct {
  uint8_t status;        /* of what was asked */
  uint8_t running, kept; /* the slot that runs, and the one that a reset would run; 0: what was built in */
  uint32_t sequence;     /* of the latter */
} engine_slots_t;

/* Decides what runs; once, before all else. */
void engine_slots_choose(void);

/* SHA-256 of the .tflite of what runs: 32 bytes. */
const uint8_t *engine_slots_model(void);

/* Writes a block. */
engine_slots_t engine_slots_write(uint32_t place, const uint8_t *block);

/* WIRE_SLOT_TELL and so on; behind TRY and LEAVE the engine is to be initialised anew. */
engine_slots_t engine_slots_do(uint8_t command, uint8_t slot);

/* Output number `index`, below `outputs`: valid from engine_invoke() until an input is next written. */
const uint8_t *engine_output(uint8_t index);

#ifdef __cplusplus
}
#endif

#endif
