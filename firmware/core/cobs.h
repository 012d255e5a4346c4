/* cobs.h: Consistent Overhead Byte Stuffing (Cheshire and Baker, 1999), decoded byte by byte without a
 * buffer.
 *
 *   wire:  [n] n-1 bytes, none of them 0   [n] ...   [0]
 *          each group stands for its bytes and a zero, but for a group of n = 255 and the last one
 */
#ifndef TINYML_COBS_H
#define TINYML_COBS_H

#include <stdbool.h>
#include <stdint.h>

enum { COBS_MAX_RUN = 254 }; /* bytes in the longest group */

typedef enum {
  COBS_NOTHING = 0, /* more bytes are needed */
  COBS_BYTE = 1,    /* one byte of the frame was decoded */
  COBS_END = 2,     /* the frame is complete */
  COBS_EMPTY = 3,   /* a delimiter with no frame before it */
  COBS_DAMAGED = 4, /* a delimiter in the middle of a group */
} cobs_event_t;

/* All zero at start. left: bytes to come in this group; zero: this group stands for a zero after it;
 * started: something came since the last delimiter. */
typedef struct {
  uint8_t left;
  bool zero;
  bool started;
} cobs_decoder_t;

/* Takes one byte from the wire; on COBS_BYTE, *decoded is the frame's next byte. After each of the three ends
 * the decoder is ready for the next frame. */
static inline cobs_event_t cobs_decode(cobs_decoder_t *decoder, uint8_t byte, uint8_t *decoded) {
  if (byte == 0) {
    const cobs_event_t end = decoder->left ? COBS_DAMAGED : decoder->started ? COBS_END : COBS_EMPTY;
    decoder->left = 0;
    decoder->zero = false;
    decoder->started = false;
    return end;
  }
  decoder->started = true;
  if (decoder->left) {
    --decoder->left;
    *decoded = byte;
    return COBS_BYTE;
  }
  const bool zero = decoder->zero;
  decoder->left = (uint8_t)(byte - 1u);
  decoder->zero = byte <= COBS_MAX_RUN;
  *decoded = 0;
  return zero ? COBS_BYTE : COBS_NOTHING;
}

#endif
