/* frame.h: sends one frame, COBS(body + CRC-32(body)) 0x00, straight from where its parts lie. */
#ifndef TINYML_FRAME_H
#define TINYML_FRAME_H

#include <stddef.h>
#include <stdint.h>

/* A run of bytes of a body. */
typedef struct {
  const uint8_t *data;
  size_t size;
} frame_part_t;

/* Sends the parts, one after the other, as one frame. The last part must be FRAME_CRC_BYTES of room, which this
 * function fills with the CRC of those before it. Nothing is copied: parts are read more than once. */
void frame_send(const frame_part_t *parts, size_t count, uint8_t *crc_room);

#define FRAME_CRC_BYTES 4

#endif
