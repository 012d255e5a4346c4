#include "frame.h"

#include <stdbool.h>

#include "cobs.h"
#include "crc32.h"
#include "port.h"
#include "wire.h"
#include "wire_put.h"

/* A place in the body: `offset` bytes into *piece, the first of `pieces` that are left; *last, unless it is
 * NULL, comes after these. */
typedef struct {
  const frame_piece_t *piece;
  size_t pieces;
  size_t offset;
  const frame_piece_t *last;
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

/* The byte under the cursor, and on; false at the end. */
static bool next(cursor_t *cursor, uint8_t *byte) {
  for (;;) {
    if (!cursor->pieces) {
      if (!cursor->last) return false;
      cursor->piece = cursor->last;
      cursor->pieces = 1;
      cursor->last = NULL;
    }
    if (cursor->offset < cursor->piece->size) break;
    ++cursor->piece;
    --cursor->pieces;
    cursor->offset = 0;
  }
  *byte = cursor->piece->data[cursor->offset++];
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

void tinyml_frame_send(const frame_piece_t *pieces, size_t count) {
  static outbox_t outbox;
  uint32_t crc = CRC32_INIT;
  uint8_t byte = 0;
  cursor_t cursor = {pieces, count, 0, NULL};
  while (next(&cursor, &byte)) crc = tinyml_crc32_update(crc, byte);
  crc = ~crc;

  uint8_t tail[WIRE_CRC_BYTES];
  wire_put_u32(tail, crc);
  const frame_piece_t last = {tail, sizeof tail};
  outbox.size = 0;
  encode(&outbox, (cursor_t){pieces, count, 0, &last});
  if (outbox.size) port_write(outbox.data, outbox.size);
}
