/* tflm_host_engine.h: the engine of the `host` board's tflm runtime. The firmware core is a shared library
 * there, and the network is computed by whoever has loaded it: a process that runs TFLM's official
 * interpreter. */
#ifndef TINYML_TFLM_HOST_ENGINE_H
#define TINYML_TFLM_HOST_ENGINE_H

#include <stdint.h>

#include "engine.h"

/* Computes the outputs from the inputs, each the tensors' bytes one after the other, of the sizes in
 * tflm_host.h; returns 0, or anything else if it failed. */
typedef int (*tflm_host_invoke_t)(const uint8_t *inputs, uint8_t *outputs);

/* As that, and tells `watch` of every layer: each tensor that an operator leaves, in their order. */
typedef int (*tflm_host_trace_t)(const uint8_t *inputs, uint8_t *outputs, engine_watch_t *watch);

/* Must be called before tinyml_app_run(). */
void tflm_host_set_invoke(tflm_host_invoke_t invoke, tflm_host_trace_t trace);

#endif
