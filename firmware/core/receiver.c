#include "receiver.h"

#include <string.h>

#include "crc32.h"

static void start_frame(receiver_t *receiver) {
  receiver->packbits = (packbits_t){0};
  receiver->crc = CRC32_INIT;
  receiver->header_bytes = 0;
  receiver->type = 0;
  receiver->filled = 0;
  receiver->at = 0;
  receiver->input = 0;
  receiver->tail = 0;
  receiver->version = 0;
  receiver->too_long = false;
}

void tinyml_receiver_init(receiver_t *receiver, const engine_end_t *inputs, uint8_t count,
                          elements_scale_t *scale, uint32_t row_bytes) {
  *receiver = (receiver_t){0};
  receiver->inputs = inputs;
  for (uint8_t input = 0; input < count; ++input) receiver->input_bytes += (size_t)inputs[input].bytes;
  if (row_bytes) receiver->input_bytes = (size_t)row_bytes;
  receiver->by_row = row_bytes > 0;
  receiver->scale = scale;
  start_frame(receiver);
}

_Static_assert(WIRE_TRACE >> 4 == WIRE_TRACE_BYTES && WIRE_READ >> 4 == WIRE_READ_BYTES &&
                   WIRE_ROW >> 4 == WIRE_ROW_BYTES && WIRE_TRACE_ROW >> 4 == WIRE_TRACE_ROW_BYTES,
               "these types tell how many bytes there are before what is packed");

static bool is_elements(const receiver_t *receiver) {
  return receiver->type == WIRE_INFER_ELEMENTS && receiver->scale;
}

static bool is_inference(const receiver_t *receiver) {
  if (receiver->by_row) return receiver->type == WIRE_ROW || receiver->type == WIRE_TRACE_ROW;
  return receiver->type == WIRE_INFER_TENSOR || receiver->type == WIRE_TRACE || is_elements(receiver);
}

/* Bytes between the header and what is packed: newer types carry it. */
static uint8_t front_bytes(const receiver_t *receiver) {
  return is_elements(receiver) ? WIRE_INFER_ELEMENTS_BYTES : receiver->type >> 4 & 7;
}

/* A run may end in another input than it begins in. */
static void append_bytes(receiver_t *receiver, uint8_t value, uint8_t times) {
  receiver->filled += times;
  while (times) {
    const size_t room = (size_t)receiver->inputs[receiver->input].bytes - receiver->at;
    const uint8_t part = (uint8_t)(times < room ? times : room);
    if (receiver->place) memset(receiver->place(receiver->input) + receiver->at, value, part);
    receiver->at += part;
    times = (uint8_t)(times - part);
    if (part == room) {
      receiver->at = 0;
      ++receiver->input;
    }
  }
}

static void append_elements(receiver_t *receiver, uint8_t value, uint8_t times) {
  const float real = receiver->scale(value, receiver->front);
  for (; times; --times) {
    if (receiver->place) memcpy(receiver->place(0) + receiver->filled, &real, sizeof real);
    receiver->filled += sizeof real;
  }
}

static void take_payload(receiver_t *receiver, uint8_t byte) {
  uint8_t value = 0;
  const uint8_t times = packbits_unpack(&receiver->packbits, byte, &value);
  const bool elements = receiver->type == WIRE_INFER_ELEMENTS;
  const size_t room = (receiver->input_bytes - receiver->filled) / (elements ? sizeof(float) : 1u);
  if (times > room) {
    receiver->too_long = true;
    receiver->filled = receiver->input_bytes;
  } else if (elements) {
    append_elements(receiver, value, times);
  } else {
    append_bytes(receiver, value, times);
  }
}

static void take_body(receiver_t *receiver, uint8_t byte) {
  receiver->crc = tinyml_crc32_update(receiver->crc, byte);
  if (receiver->header_bytes < WIRE_HEADER_BYTES) {
    if (receiver->header_bytes == WIRE_HEADER_TYPE) {
      receiver->type = byte;
    } else if (receiver->header_bytes == WIRE_HEADER_SEQ) {
      receiver->seq = byte;
    } else {
      receiver->seq = (uint16_t)(receiver->seq | (uint16_t)byte << 8);
    }
    ++receiver->header_bytes;
  } else if (receiver->header_bytes < WIRE_HEADER_BYTES + front_bytes(receiver)) {
    receiver->front[receiver->header_bytes++ - WIRE_HEADER_BYTES] = byte;
  } else if (receiver->filled < receiver->input_bytes && is_inference(receiver)) {
    take_payload(receiver, byte);
#if CORE_SLOTS
  } else if (receiver->type == WIRE_SLOT_WRITE && receiver->filled < WIRE_SLOT_BLOCK) {
    receiver->block[receiver->filled++] = byte;
#endif
  } else {
    if (receiver->tail == 0) receiver->version = byte;
    if (receiver->tail < UINT8_MAX) ++receiver->tail;
  }
}

static receiver_event_t refuse(receiver_t *receiver, wire_reason_t reason) {
  receiver->reason = reason;
  return RECEIVER_REFUSE;
}

static receiver_event_t refuse_damaged(receiver_t *receiver) {
  receiver->seq = WIRE_SEQ_UNKNOWN;
  return receiver->in_step ? refuse(receiver, WIRE_REASON_DAMAGED) : RECEIVER_MORE;
}

static receiver_event_t judge(receiver_t *receiver) {
  if (receiver->crc != CRC32_RESIDUE || receiver->header_bytes < WIRE_HEADER_BYTES) {
    return refuse_damaged(receiver);
  }
  if (receiver->type == WIRE_HELLO_REQUEST) {
    if (receiver->tail < WIRE_CRC_BYTES + WIRE_HELLO_REQUEST_BYTES)
      return refuse(receiver, WIRE_REASON_LENGTH);
    /* A newer version may have a longer request: its version is what is wrong with it. */
    if (receiver->version != WIRE_VERSION) return refuse(receiver, WIRE_REASON_VERSION);
    if (receiver->tail > WIRE_CRC_BYTES + WIRE_HELLO_REQUEST_BYTES)
      return refuse(receiver, WIRE_REASON_LENGTH);
    return RECEIVER_HELLO;
  }
  if (receiver->type == WIRE_READ) {
    const bool whole =
        receiver->header_bytes == WIRE_HEADER_BYTES + WIRE_READ_BYTES && receiver->tail == WIRE_CRC_BYTES;
    return whole ? RECEIVER_READ : refuse(receiver, WIRE_REASON_LENGTH);
  }
#if CORE_SLOTS
  if (receiver->type == WIRE_SLOT_WRITE || receiver->type == WIRE_SLOT_DO) {
    const bool writes = receiver->type == WIRE_SLOT_WRITE;
    const bool whole = receiver->header_bytes == WIRE_HEADER_BYTES + front_bytes(receiver) &&
                       receiver->filled == (writes ? WIRE_SLOT_BLOCK : 0u) &&
                       receiver->tail == WIRE_CRC_BYTES;
    if (!whole) return refuse(receiver, WIRE_REASON_LENGTH);
    return writes ? RECEIVER_SLOT_WRITE : RECEIVER_SLOT_DO;
  }
#endif
  if (!is_inference(receiver)) return refuse(receiver, WIRE_REASON_UNKNOWN_TYPE);
  if (receiver->too_long || receiver->filled < receiver->input_bytes || receiver->tail != WIRE_CRC_BYTES ||
      packbits_is_open(&receiver->packbits)) {
    return refuse(receiver, WIRE_REASON_LENGTH);
  }
  if (receiver->by_row) return receiver->type == WIRE_ROW ? RECEIVER_ROW : RECEIVER_TRACE_ROW;
  return receiver->type == WIRE_TRACE ? RECEIVER_TRACE : RECEIVER_INFER;
}

receiver_event_t tinyml_receiver_put(receiver_t *receiver, uint8_t byte) {
  uint8_t decoded = 0;
  receiver_event_t result = RECEIVER_MORE;
  switch (cobs_decode(&receiver->cobs, byte, &decoded)) {
    case COBS_BYTE:
      take_body(receiver, decoded);
      break;
    case COBS_END:
      result = judge(receiver);
      start_frame(receiver);
      receiver->in_step = true;
      break;
    case COBS_DAMAGED:
      result = refuse_damaged(receiver);
      start_frame(receiver);
      receiver->in_step = true;
      break;
    case COBS_EMPTY:
      receiver->in_step = true;
      break;
    case COBS_NOTHING:
      break;
  }
  return result;
}
