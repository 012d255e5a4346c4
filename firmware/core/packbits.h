/* packbits.h: PackBits (Apple's TN1023, and TIFF 6.0 section 9), unpacked byte by byte without a buffer.
 *
 *   n = 0..127    the next n + 1 bytes as they are
 *   n = 129..255  the next byte 257 - n times
 *   n = 128       nothing
 */
#ifndef TINYML_PACKBITS_H
#define TINYML_PACKBITS_H

#include <stdbool.h>
#include <stdint.h>

/* All zero at start; never both non-zero. literal: bytes to come as they are; repeat: how often the next byte
 * is to be taken. */
typedef struct {
  uint8_t literal;
  uint8_t repeat;
} packbits_t;

/* Takes one packed byte; returns how many times, 0 to 128, that very byte is to be appended to the output. */
static inline uint8_t packbits_unpack(packbits_t *state, uint8_t byte) {
  if (state->literal) {
    --state->literal;
    return 1;
  }
  if (state->repeat) {
    const uint8_t times = state->repeat;
    state->repeat = 0;
    return times;
  }
  if (byte < 128) {
    state->literal = (uint8_t)(byte + 1u);
  } else if (byte > 128) {
    state->repeat = (uint8_t)(257u - byte);
  }
  return 0;
}

/* True in the middle of a literal or a repeat: the input cannot end here. */
static inline bool packbits_is_open(const packbits_t *state) { return state->literal || state->repeat; }

#endif
