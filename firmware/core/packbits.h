/* packbits.h: PackBits with a background (after Apple's TN1023), unpacked byte by byte without a buffer.
 *
 *   the first byte     the background: the value that most of the data has
 *   n = 0..63          the next n + 1 bytes as they are
 *   n = 64..127        the next byte n - 63 times
 *   n = 128..255       the background n - 127 times
 *
 * PackBits itself names the value of every run, and a digit has some twenty runs of the same one.
 */
#ifndef TINYML_PACKBITS_H
#define TINYML_PACKBITS_H

#include <stdbool.h>
#include <stdint.h>

/* All zero at start; literal and repeat are never both non-zero. */
typedef struct {
  bool started; /* the background is known */
  uint8_t background;
  uint8_t literal; /* bytes to come as they are */
  uint8_t repeat;  /* how often the next byte is to be taken */
} packbits_t;

/* Takes one packed byte; returns how many times, 0 to 128, *value is to be appended to the output. */
static inline uint8_t packbits_unpack(packbits_t *state, uint8_t byte, uint8_t *value) {
  *value = byte;
  if (state->literal) {
    --state->literal;
    return 1;
  }
  if (state->repeat) {
    const uint8_t times = state->repeat;
    state->repeat = 0;
    return times;
  }
  if (!state->started) {
    state->started = true;
    state->background = byte;
    return 0;
  }
  if (byte >= 128) {
    *value = state->background;
    return (uint8_t)(byte - 127u);
  }
  if (byte >= 64) {
    state->repeat = (uint8_t)(byte - 63u);
  } else {
    state->literal = (uint8_t)(byte + 1u);
  }
  return 0;
}

/* True in the middle of a literal or a repeat: the input cannot end here. */
static inline bool packbits_is_open(const packbits_t *state) { return state->literal || state->repeat; }

#endif
