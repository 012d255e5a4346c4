/* build_info.h: what HELLO says of this build. The project generator renders the definitions. */
#ifndef TINYML_BUILD_INFO_H
#define TINYML_BUILD_INFO_H

#include <stdint.h>

#define BUILD_ID_BYTES 8
#define BUILD_SHA256_BYTES 32

extern const uint8_t build_id[BUILD_ID_BYTES];
extern const uint8_t build_model_sha256[BUILD_SHA256_BYTES];

/* The board's id, as its TOML file is named. */
extern const char build_board[];

#endif
