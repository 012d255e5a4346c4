/* frame.h: sends a body as a frame: COBS(body + CRC-32(body)) 0x00. */
#ifndef TINYML_FRAME_H
#define TINYML_FRAME_H

#include <stddef.h>
#include <stdint.h>

/* Bytes handed to port_write() at once; the only buffer on the way out. A RESULT of ten int8 values is 23
 * bytes. */
#ifndef CORE_TX_BYTES
#define CORE_TX_BYTES (SIZE_MAX > 0xFFFFu ? 64 : 16) /* a 16-bit address space means very little RAM */
#endif

/* A stretch of a body, read in place. */
typedef struct {
  const uint8_t *data;
  size_t size;
} frame_piece_t;

/* Gives piece number `index`; asked more than once, it must give the same one. */
typedef frame_piece_t frame_more_t(uint8_t index);

/* Sends pieces[0] to pieces[count - 1], then more(0) to more(more_count - 1), as one body of any length.
 * `more` may be NULL if more_count is 0. Blocks as port_write() does. */
void tinyml_frame_send(const frame_piece_t *pieces, size_t count, frame_more_t *more, uint8_t more_count);

#endif
