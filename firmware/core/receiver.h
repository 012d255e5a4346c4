/* receiver.h: takes the host's bytes one by one and unpacks a request straight into the engine's input.
 *
 * No frame is ever held: COBS, CRC and PackBits are undone as the bytes arrive, and what they unpack to fills
 * one input tensor after the other. The CRC comes last, so the inputs may have been overwritten by a damaged
 * request; it is then never computed.
 * The rest of a frame whose begin was sent before the start is dropped without a word.
 *
 *   type seq seq | payload ......... | crc crc crc crc
 *   header < 3   | filled < wanted   | tail <= 4              (for HELLO_REQUEST the tail counts the version
 * too; INFER_ELEMENTS, TRACE and READ have a front of a few bytes before their payload, and READ no payload)
 */
#ifndef TINYML_RECEIVER_H
#define TINYML_RECEIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cobs.h"
#include "elements.h"
#include "engine.h"
#include "packbits.h"
#include "wire.h"

/* 1: networks come over the link (slots.h), and the receiver has a buffer for a block of one. */
#ifndef CORE_SLOTS
#define CORE_SLOTS 0
#endif

typedef enum {
  RECEIVER_MORE = 0,      /* no request is complete */
  RECEIVER_HELLO = 1,     /* HELLO_REQUEST; seq is valid */
  RECEIVER_INFER = 2,     /* the engine's inputs are complete and undamaged; seq is valid */
  RECEIVER_REFUSE = 3,    /* bad input; reason and seq are valid */
  RECEIVER_TRACE = 4,     /* as RECEIVER_INFER; front is TRACE's */
  RECEIVER_READ = 5,      /* READ; front and seq are valid */
  RECEIVER_ROW = 6,       /* a row of the engine's input is complete and undamaged; front and seq are valid */
  RECEIVER_TRACE_ROW = 7, /* as RECEIVER_ROW; front is TRACE_ROW's */
#if CORE_SLOTS
  RECEIVER_SLOT_WRITE = 8, /* SLOT_WRITE; front, block and seq are valid */
  RECEIVER_SLOT_DO = 9,    /* SLOT_DO; front and seq are valid */
#endif
} receiver_event_t;

/* Where input number `index` is, as engine_input() has it. */
typedef uint8_t *receiver_place_t(uint8_t index);

typedef struct {
  receiver_place_t *place; /* of the inputs; NULL: what arrives is only counted */
  const engine_end_t *inputs;
  size_t input_bytes;      /* of all of them, or of one row */
  bool by_row;             /* ROW and TRACE_ROW are taken, and no whole inputs */
  elements_scale_t *scale; /* of INFER_ELEMENTS; NULL: it is refused */
  bool in_step; /* a frame has ended since the start: what is damaged from now on is a request of this host's
                 */
  cobs_decoder_t cobs;
  packbits_t packbits;
  uint32_t crc;         /* register over the body so far */
  uint8_t header_bytes; /* of the header and of the front after it that have come */
  uint8_t type;         /* wire_type_t, if the header is complete */
  uint16_t seq;         /* of the request; WIRE_SEQ_UNKNOWN if it was damaged */
  size_t filled;        /* bytes of the inputs that are written; never more than input_bytes */
  size_t at;            /* of these, those in the input that is being filled */
  uint8_t input;        /* the number of that input */
  uint8_t tail;         /* bytes after the payload, saturating */
  uint8_t version;      /* first byte after the header, for HELLO_REQUEST */
  uint8_t
      front[WIRE_INFER_ELEMENTS_BYTES]; /* the longest: INFER_ELEMENTS' divisor and offset, as they came */
  bool too_long;                        /* the payload unpacks to more than the inputs */
  wire_reason_t reason;                 /* why a request was refused */
#if CORE_SLOTS
  uint8_t block[WIRE_SLOT_BLOCK]; /* SLOT_WRITE's, as it came */
#endif
} receiver_t;

/* For an engine with inputs[0] to inputs[count - 1], which are kept; `place` is NULL until the caller sets
 * it, between two requests. `scale` is kept; NULL for an engine that has not one input of float32 elements.
 * row_bytes: as engine_info_t has it.
 */
void tinyml_receiver_init(receiver_t *receiver, const engine_end_t *inputs, uint8_t count,
                          elements_scale_t *scale, uint32_t row_bytes);

/* Takes one byte from the wire. Writes nothing but *receiver and the inputs. */
receiver_event_t tinyml_receiver_put(receiver_t *receiver, uint8_t byte);

#endif
