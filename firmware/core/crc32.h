/* crc32.h: the CRC-32 of IEEE 802.3 and zlib (reflected polynomial 0xEDB88320), byte by byte. */
#ifndef TINYML_CRC32_H
#define TINYML_CRC32_H

#include <stdint.h>

/* 1: a table of 16 words, 10 instructions a byte on a Cortex-M; 0: no table, for the smallest of chips. */
#ifndef CORE_CRC32_TABLE
#define CORE_CRC32_TABLE (SIZE_MAX > 0xFFFFu)
#endif

#define CRC32_INIT 0xFFFFFFFFu

/* The register after a message followed by its own CRC, little-endian, if nothing was damaged. */
#define CRC32_RESIDUE 0xDEBB20E3u

/* The register after one more byte. It starts at CRC32_INIT; the CRC is its complement. */
uint32_t tinyml_crc32_update(uint32_t crc, uint8_t byte);

#endif
