/* packbits.h: PackBits run-length decoding, a byte at a time (Apple, 1984; TIFF 6.0, section 9).
 *
 * A header n of 0..127 is followed by n + 1 bytes to copy; one of 129..255 by a byte to repeat 257 - n times;
 * 128 does nothing.
 */
#ifndef TINYML_PACKBITS_H
#define TINYML_PACKBITS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
  uint8_t left;   /* literal bytes still to come, or how often the next byte is repeated */
  bool repeat;    /* which of the two */
} packbits_decoder_t;

/* Prepares for the start of a stream. */
void packbits_decoder_init(packbits_decoder_t *decoder);

/* Takes one byte of the stream; returns how many times that byte is to be output: 0 for a header. */
uint8_t packbits_decode(packbits_decoder_t *decoder, uint8_t byte);

/* True between runs: the stream may end here. */
bool packbits_at_end(const packbits_decoder_t *decoder);

#endif
