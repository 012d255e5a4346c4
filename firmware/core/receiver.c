#include "receiver.h"

#include <string.h>

#include "crc32.h"
#include "wire.h"

#define CRC_BYTES 4u
#define HEADER_BYTES 3u

static void start_frame(receiver_t *receiver) {
  packbits_decoder_init(&receiver->packbits);
  receiver->crc = CRC32_INITIAL;
  receiver->received = 0;
  receiver->written = 0;
}

void receiver_init(receiver_t *receiver, uint8_t *input, const engine_info_t *info) {
  cobs_decoder_init(&receiver->cobs);
  receiver->input = input;
  receiver->input_bytes = info->input_bytes;
  receiver->dtype = info->dtype;
  start_frame(receiver);
}

static bool is_image(const receiver_t *receiver) {
  return receiver->type == WIRE_INFER_TENSOR || receiver->type == WIRE_INFER_PIXELS;
}

/* Elements that an image message must unpack to: bytes of the tensor, or its pixels. */
static uint32_t elements(const receiver_t *receiver) {
  return receiver->type == WIRE_INFER_PIXELS ? receiver->input_bytes / (uint32_t)sizeof(float)
                                             : receiver->input_bytes;
}

static void write_pixels(receiver_t *receiver, uint8_t pixel, uint8_t count) {
  const float value = (float)pixel / 255.0f; /* the host's own division, not a product with 1/255 */
  uint8_t *to = receiver->input + receiver->written * sizeof value;
  for (uint8_t i = 0; i < count; i++) {
    memcpy(to + i * sizeof value, &value, sizeof value);
  }
}

static void take_image_byte(receiver_t *receiver, uint8_t byte) {
  const uint8_t count = packbits_decode(&receiver->packbits, byte);
  if (count == 0) {
    return;
  }
  const uint32_t room = elements(receiver);
  if (receiver->written > room || count > room - receiver->written) {
    receiver->written = room + 1;
    return;
  }
  if (receiver->type == WIRE_INFER_TENSOR) {
    memset(receiver->input + receiver->written, byte, count);
  } else if (receiver->dtype == ENGINE_FLOAT32) {
    write_pixels(receiver, byte, count);
  }
  receiver->written += count;
}

/* Takes the next byte of the body; `place` counts them from 0. */
static void take_body_byte(receiver_t *receiver, uint32_t place, uint8_t byte) {
  if (place == 0) {
    receiver->type = byte;
  } else if (place == 1) {
    receiver->seq = byte;
  } else if (place == 2) {
    receiver->seq = (uint16_t)(receiver->seq | (uint16_t)(byte << 8));
  } else if (is_image(receiver)) {
    take_image_byte(receiver, byte);
  } else if (place == HEADER_BYTES) {
    receiver->byte = byte;
  }
}

static void take(receiver_t *receiver, uint8_t byte) {
  receiver->crc = crc32_byte(receiver->crc, byte);
  if (receiver->received >= CRC_BYTES) {
    take_body_byte(receiver, receiver->received - CRC_BYTES, (uint8_t)receiver->held);
  }
  receiver->held = (receiver->held >> 8) | ((uint32_t)byte << 24);
  receiver->received++;
}

static receiver_event_t end_frame(receiver_t *receiver) {
  const bool intact = receiver->received >= HEADER_BYTES + CRC_BYTES && receiver->crc == CRC32_INTACT;
  if (is_image(receiver)) {
    receiver->complete = receiver->written == elements(receiver) && packbits_at_end(&receiver->packbits);
  } else {
    receiver->complete = receiver->received == HEADER_BYTES + 1u + CRC_BYTES;
  }
  start_frame(receiver);
  return intact ? RECEIVER_MESSAGE : RECEIVER_DAMAGED;
}

receiver_event_t receiver_take(receiver_t *receiver, uint8_t byte) {
  switch (cobs_decode(&receiver->cobs, byte)) {
    case COBS_DATA:
      take(receiver, byte);
      return RECEIVER_NOTHING;
    case COBS_ZERO:
      take(receiver, 0);
      return RECEIVER_NOTHING;
    case COBS_END:
      return end_frame(receiver);
    case COBS_BROKEN:
      start_frame(receiver);
      return RECEIVER_DAMAGED;
    case COBS_NOTHING:
    case COBS_EMPTY:
      break;
  }
  return RECEIVER_NOTHING;
}
