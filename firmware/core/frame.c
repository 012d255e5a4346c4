#include "frame.h"

#include <stdbool.h>

#include "cobs.h"
#include "crc32.h"
#include "port.h"
#include "wire.h"
#include "wire_numbers.h"

/* A body: the listed pieces, those that `more` gives, and the tail, whose size is 0 while the CRC is not
 * known.
 */
typedef struct {
  const frame_piece_t *pieces;
  size_t count;
  frame_more_t *more;
  size_t more_count;
  frame_piece_t tail;
} body_t;

/* A place in a body: `piece` is what is left of the one under the cursor, `index` is the next one's. */
typedef struct {
  const body_t *body;
  frame_piece_t piece;
  size_t index;
} cursor_t;

typedef struct {
  uint8_t data[CORE_TX_BYTES];
  size_t size;
} outbox_t;

static void put(outbox_t *outbox, uint8_t byte) {
  outbox->data[outbox->size++] = byte;
  if (outbox->size == sizeof outbox->data) {
    port_write(outbox->data, outbox->size);
    outbox->size = 0;
  }
}

/* The byte under the cursor, and on; false at the end. Once for its three callers: on an AVR that is 300
 * bytes. */
static __attribute__((noinline)) bool next(cursor_t *cursor, uint8_t *byte) {
  const body_t *body = cursor->body;
  while (!cursor->piece.size) {
    const size_t index = cursor->index++;
    if (index < body->count) {
      cursor->piece = body->pieces[index];
    } else if (index - body->count < body->more_count) {
      cursor->piece = body->more((uint8_t)(index - body->count));
    } else if (index - body->count == body->more_count) {
      cursor->piece = body->tail;
    } else {
      return false;
    }
  }
  *byte = *cursor->piece.data++;
  --cursor->piece.size;
  return true;
}

/* The length of the run of non-zero bytes at the cursor, COBS_MAX_RUN at most; *zero: a zero ends it, and the
 * group stands for it; *last: the body ends with it. */
static uint8_t measure(cursor_t cursor, bool *zero, bool *last) {
  uint8_t byte = 0;
  *zero = false;
  *last = false;
  for (uint8_t run = 0;; ++run) {
    if (!next(&cursor, &byte)) {
      *last = true;
      return run;
    }
    if (run == COBS_MAX_RUN) return run;
    if (byte == 0) {
      *zero = true;
      return run;
    }
  }
}

/* COBS needs to know where the next zero is: looking ahead in the body itself needs no buffer. */
static void encode(outbox_t *outbox, cursor_t cursor) {
  bool zero = false;
  bool last = false;
  uint8_t byte = 0;
  while (!last) {
    uint8_t run = measure(cursor, &zero, &last);
    put(outbox, (uint8_t)(run + 1u));
    for (; run && next(&cursor, &byte); --run) put(outbox, byte);
    if (zero) (void)next(&cursor, &byte);
  }
  put(outbox, 0);
}

void tinyml_frame_send(const frame_piece_t *pieces, size_t count, frame_more_t *more, uint8_t more_count) {
  static outbox_t outbox;
  uint32_t crc = CRC32_INIT;
  uint8_t byte = 0;
  uint8_t tail[WIRE_CRC_BYTES];
  body_t body = {pieces, count, more, more_count, {tail, 0}};
  const cursor_t start = {&body, {NULL, 0}, 0};
  cursor_t cursor = start;
  while (next(&cursor, &byte)) crc = tinyml_crc32_update(crc, byte);

  wire_put_u32(tail, ~crc);
  body.tail.size = sizeof tail;
  outbox.size = 0;
  encode(&outbox, start);
  if (outbox.size) port_write(outbox.data, outbox.size);
}
