/* cobs.h: Consistent Overhead Byte Stuffing, a byte at a time (Cheshire and Baker, 1999).
 *
 * A frame holds no zero byte, and a zero ends it. Each block is a code byte n in 1..255 and n - 1 bytes of
 * data; a block shorter than 255 stands for its data and a zero, but for the last one.
 *
 *     data     11 22 00 33          code  data   code data  end
 *     frame    03 11 22 02 33 00     03   11 22   02   33   00
 */
#ifndef TINYML_COBS_H
#define TINYML_COBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
  uint8_t left;      /* data bytes still to come in this block */
  bool zero_pending; /* the block that ended stands for a zero, if another block follows */
  bool started;      /* a code byte was seen since the last end of a frame */
} cobs_decoder_t;

typedef enum {
  COBS_NOTHING, /* the byte was a code */
  COBS_DATA,    /* one byte of data */
  COBS_ZERO,    /* the byte was a code, and stands for one zero of data before it */
  COBS_END,     /* the frame is whole */
  COBS_EMPTY,   /* the frame held nothing */
  COBS_BROKEN,  /* the frame ended within a block */
} cobs_event_t;

/* Prepares for the start of a frame. */
void cobs_decoder_init(cobs_decoder_t *decoder);

/* Takes one byte from the wire. For COBS_DATA the data byte is the byte itself. */
cobs_event_t cobs_decode(cobs_decoder_t *decoder, uint8_t byte);

#endif
