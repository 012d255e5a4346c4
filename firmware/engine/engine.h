/* engine.h: the one interface between the firmware core and whatever computes the network.
 *
 * An engine owns one input tensor and one output tensor, contiguous, in the model's own element type
 * (int8 or IEEE-754 binary32, little-endian). The core writes the input's bytes as they arrive from
 * the wire, calls engine_invoke() once, and sends the output's bytes back unchanged.
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

typedef enum { ENGINE_INT8 = 1, ENGINE_FLOAT32 = 2 } engine_dtype_t;

typedef struct {
  const char *runtime;   /* "aot" or "tflm", NUL-terminated, static */
  engine_dtype_t dtype;  /* element type of input and output */
  uint32_t input_bytes;  /* size of the input tensor */
  uint32_t output_bytes; /* size of the output tensor */
  uint32_t arena_bytes;  /* RAM for tensors and scratch that the engine really uses; valid after init */
} engine_info_t;

/* Prepares the engine; called once at start, and may be called again after an error. */
ENGINE_MUST_CHECK engine_status_t engine_init(void);

/* Static facts, never NULL. arena_bytes is final only after engine_init() returned ENGINE_OK. */
const engine_info_t *engine_info(void);

/* The input tensor: input_bytes writable bytes, aligned for its element type. Its content is undefined
 * after engine_invoke(): memory planners reuse it. */
uint8_t *engine_input(void);

/* Computes the output from the input. */
ENGINE_MUST_CHECK engine_status_t engine_invoke(void);

/* The output tensor: output_bytes bytes, valid from engine_invoke() until the input is next written. */
const uint8_t *engine_output(void);

#ifdef __cplusplus
}
#endif

#endif
