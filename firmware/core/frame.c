#include "frame.h"

#include <stdbool.h>

#include "crc32.h"
#include "port.h"

/* Bytes handed to the port at a time: a full-speed USB packet, and most frames whole. */
#define CHUNK_BYTES 64

/* The longest run of data behind one COBS code. */
#define COBS_RUN 254

typedef struct {
  uint8_t bytes[CHUNK_BYTES];
  size_t used;
} chunk_t;

/* Where the next byte of a body is. */
typedef struct {
  const frame_part_t *part;
  size_t parts_left;
  size_t at;
} cursor_t;

static void flush(chunk_t *chunk) {
  if (chunk->used != 0) {
    port_write(chunk->bytes, chunk->used);
    chunk->used = 0;
  }
}

static void put(chunk_t *chunk, uint8_t byte) {
  chunk->bytes[chunk->used++] = byte;
  if (chunk->used == CHUNK_BYTES) {
    flush(chunk);
  }
}

static bool next(cursor_t *cursor, uint8_t *byte) {
  while (cursor->parts_left != 0 && cursor->at == cursor->part->size) {
    cursor->part++;
    cursor->parts_left--;
    cursor->at = 0;
  }
  if (cursor->parts_left == 0) {
    return false;
  }
  *byte = cursor->part->data[cursor->at++];
  return true;
}

/* Bytes from `cursor` to the next zero or the end, COBS_RUN at the most. The cursor itself stays. */
static uint8_t run_length(cursor_t cursor) {
  uint8_t length = 0;
  uint8_t byte;
  while (length < COBS_RUN && next(&cursor, &byte) && byte != 0) {
    length++;
  }
  return length;
}

static void fill_crc(const frame_part_t *parts, size_t count, uint8_t *room) {
  cursor_t cursor = {parts, count, 0};
  uint32_t crc = CRC32_INITIAL;
  uint8_t byte;
  while (next(&cursor, &byte)) {
    crc = crc32_byte(crc, byte);
  }
  crc = crc32_final(crc);
  for (size_t i = 0; i < FRAME_CRC_BYTES; i++) {
    room[i] = (uint8_t)(crc >> (8 * i));
  }
}

void frame_send(const frame_part_t *parts, size_t count, uint8_t *crc_room) {
  fill_crc(parts, count - 1, crc_room);
  chunk_t chunk = {.used = 0};
  cursor_t cursor = {parts, count, 0};
  bool more = true;
  while (more) {
    const uint8_t length = run_length(cursor);
    uint8_t byte = 0;
    put(&chunk, (uint8_t)(length + 1));
    for (uint8_t i = 0; i < length; i++) {
      (void)next(&cursor, &byte);
      put(&chunk, byte);
    }
    if (length == COBS_RUN) { /* a full block stands for no zero; another follows only if data do */
      cursor_t ahead = cursor;
      more = next(&ahead, &byte);
    } else {
      more = next(&cursor, &byte); /* the zero that the block stands for, or the end */
    }
  }
  put(&chunk, 0);
  flush(&chunk);
}
