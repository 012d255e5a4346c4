#include "build_info.h"

#ifndef STUB_BUILD
#define STUB_BUILD 0x11
#endif

const uint8_t tinyml_build_id[WIRE_BUILD_ID_BYTES] = {STUB_BUILD, 2, 3, 4, 5, 6, 7, 8};
const uint8_t tinyml_build_model_sha256[WIRE_SHA256_BYTES] = {0xAA, [WIRE_SHA256_BYTES - 1] = 0xBB};
const char tinyml_build_board[] = "stub";
elements_scale_t *const tinyml_build_scale = 0;
