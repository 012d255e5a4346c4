/* receiver.h: turns bytes from the wire into messages, writing images into the engine's input as they arrive.
 *
 *     wire --> cobs --> crc --> hold back 4 --> type, seq --> packbits --> input tensor
 *                               (the CRC)
 *
 * No frame is ever stored: the CRC comes last, so a damaged image has been written when it is found out, and is
 * simply not computed.
 */
#ifndef TINYML_RECEIVER_H
#define TINYML_RECEIVER_H

#include <stdbool.h>
#include <stdint.h>

#include "cobs.h"
#include "engine.h"
#include "packbits.h"

typedef enum {
  RECEIVER_NOTHING, /* no frame has ended yet, or an empty one */
  RECEIVER_MESSAGE, /* an intact frame: see type and seq; complete tells if its payload was of the right size */
  RECEIVER_DAMAGED, /* a frame that fails its COBS or CRC, or is too short to be one */
} receiver_event_t;

typedef struct {
  uint8_t type;
  uint16_t seq;
  bool complete;   /* INFER: the payload unpacked to exactly the input. Others: the payload is `byte` alone */
  uint8_t byte;    /* the payload's first byte, for messages that are no images */

  /* private */
  cobs_decoder_t cobs;
  packbits_decoder_t packbits;
  uint32_t crc;
  uint32_t held;     /* the last four bytes, oldest lowest: the CRC, once the frame has ended */
  uint32_t received; /* bytes of body and CRC so far */
  uint32_t written;  /* input elements so far; one more than there are once it would overflow */
  uint8_t *input;
  uint32_t input_bytes;
  engine_dtype_t dtype;
} receiver_t;

/* Prepares for an engine's input. */
void receiver_init(receiver_t *receiver, uint8_t *input, const engine_info_t *info);

/* Takes one byte from the wire. */
receiver_event_t receiver_take(receiver_t *receiver, uint8_t byte);

#endif
