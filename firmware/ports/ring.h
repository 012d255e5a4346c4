/* ring.h: a byte queue between one interrupt handler (ring_put) and the program (ring_read).
 *
 *   data   [ . . . a b c d . . . ]        head: where the next byte goes, written by the interrupt only
 *                  ^tail   ^head          tail: the oldest byte, written by the program only
 *
 * Both count freely and wrap at 2^16; head - tail is what is in the queue, 0 to RING_BYTES.
 */
#ifndef TINYML_RING_H
#define TINYML_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef RING_BYTES
#define RING_BYTES 1024 /* a power of two, at most 2^15 */
#endif

typedef struct {
  volatile uint16_t head;
  volatile uint16_t tail;
  uint8_t data[RING_BYTES];
} ring_t;

static inline uint16_t ring_size(const ring_t *ring) { return (uint16_t)(ring->head - ring->tail); }

/* Drops the byte if the queue is full: its frame then fails its CRC. */
static inline void ring_put(ring_t *ring, uint8_t byte) {
  if (ring_size(ring) == RING_BYTES) return;
  ((volatile uint8_t *)ring->data)[ring->head % RING_BYTES] = byte;
  ring->head = (uint16_t)(ring->head + 1u);
}

/* Takes up to `capacity` bytes out; returns how many. */
static inline size_t ring_read(ring_t *ring, uint8_t *data, size_t capacity) {
  size_t size = 0;
  while (size < capacity && ring_size(ring)) {
    data[size++] = ((volatile uint8_t *)ring->data)[ring->tail % RING_BYTES];
    ring->tail = (uint16_t)(ring->tail + 1u);
  }
  return size;
}

#endif
