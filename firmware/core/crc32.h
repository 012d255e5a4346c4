/* crc32.h: the IEEE 802.3 CRC-32 (zlib's), computed as bytes come and go. */
#ifndef TINYML_CRC32_H
#define TINYML_CRC32_H

#include <stddef.h>
#include <stdint.h>

#define CRC32_INITIAL 0xFFFFFFFFu

/* Register of a message followed by its own CRC, little-endian: the same for every intact message. */
#define CRC32_INTACT 0xDEBB20E3u

/* Takes one byte into the register `crc`, which starts as CRC32_INITIAL. */
uint32_t crc32_byte(uint32_t crc, uint8_t byte);

/* The CRC of all bytes taken in: what is sent after them. */
static inline uint32_t crc32_final(uint32_t crc) { return crc ^ 0xFFFFFFFFu; }

#endif
