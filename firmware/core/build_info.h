/* build_info.h: who this image is. The project generator renders build_info.c. */
#ifndef TINYML_BUILD_INFO_H
#define TINYML_BUILD_INFO_H

#include <stdint.h>

#include "elements.h"
#include "wire.h"

/* Over every source, option and tool version of the build. */
extern const uint8_t tinyml_build_id[WIRE_BUILD_ID_BYTES];

/* SHA-256 of the .tflite that the network was made from. */
extern const uint8_t tinyml_build_model_sha256[WIRE_SHA256_BYTES];

/* The board's id, as its TOML file is named; NUL-terminated. A port that serves several boards reports this.
 */
extern const char tinyml_build_board[];

/* tinyml_elements_scale() for a network of float32 elements, NULL for another one. It is used where that has
 * one input. */
extern elements_scale_t *const tinyml_build_scale;

#endif
