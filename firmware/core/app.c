#include "app.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "build_info.h"
#include "engine.h"
#include "frame.h"
#include "port.h"
#include "receiver.h"
#include "wire.h"

/* Received bytes taken from the port at a time. */
#define APP_CHUNK_BYTES 32

#define HEADER_BYTES 3
#define TICKS_BYTES 4

static receiver_t receiver;
static engine_status_t engine_status;

static void put_u16(uint8_t *to, uint16_t value) {
  to[0] = (uint8_t)value;
  to[1] = (uint8_t)(value >> 8);
}

static void put_u32(uint8_t *to, uint32_t value) {
  put_u16(to, (uint16_t)value);
  put_u16(to + 2, (uint16_t)(value >> 16));
}

static void put_header(uint8_t *to, uint8_t type, uint16_t seq) {
  to[0] = type;
  put_u16(to + 1, seq);
}

static frame_part_t text_part(const char *text) {
  return (frame_part_t){(const uint8_t *)text, strlen(text) + 1};
}

static void send_hello(uint16_t seq, uint8_t flags) {
  uint8_t fixed[HEADER_BYTES + WIRE_HELLO_BUILD_ID];
  uint8_t crc[FRAME_CRC_BYTES];
  const engine_info_t *engine = engine_info();
  const port_info_t *port = port_info();
  uint8_t *payload = fixed + HEADER_BYTES;
  put_header(fixed, WIRE_HELLO, seq);
  payload[WIRE_HELLO_VERSION] = WIRE_VERSION;
  payload[WIRE_HELLO_DTYPE] = (uint8_t)engine->dtype;
  payload[WIRE_HELLO_TICK_UNIT] = (uint8_t)port->tick_unit;
  payload[WIRE_HELLO_FLAGS] = flags;
  put_u16(payload + WIRE_HELLO_RX_BUFFER, port->rx_buffer);
  put_u32(payload + WIRE_HELLO_INPUT_BYTES, engine->input_bytes);
  put_u32(payload + WIRE_HELLO_OUTPUT_BYTES, engine->output_bytes);
  put_u32(payload + WIRE_HELLO_ARENA_BYTES, engine->arena_bytes);
  put_u32(payload + WIRE_HELLO_STACK_BYTES, port_stack_used());
  const frame_part_t parts[] = {
      {fixed, sizeof fixed},
      {build_id, BUILD_ID_BYTES},
      {build_model_sha256, BUILD_SHA256_BYTES},
      text_part(engine->runtime),
      text_part(port->board),
      {crc, sizeof crc},
  };
  frame_send(parts, sizeof parts / sizeof parts[0], crc);
}

static void send_refused(uint16_t seq, uint8_t reason) {
  uint8_t body[HEADER_BYTES + 1];
  uint8_t crc[FRAME_CRC_BYTES];
  put_header(body, WIRE_REFUSED, seq);
  body[HEADER_BYTES] = reason;
  const frame_part_t parts[] = {{body, sizeof body}, {crc, sizeof crc}};
  frame_send(parts, 2, crc);
}

static void send_result(uint16_t seq, uint32_t ticks) {
  uint8_t head[HEADER_BYTES + TICKS_BYTES];
  uint8_t crc[FRAME_CRC_BYTES];
  put_header(head, WIRE_RESULT, seq);
  put_u32(head + HEADER_BYTES, ticks);
  const frame_part_t parts[] = {
      {head, sizeof head}, {engine_output(), engine_info()->output_bytes}, {crc, sizeof crc}};
  frame_send(parts, 3, crc);
}

static void infer(void) {
  if (!receiver.complete) {
    send_refused(receiver.seq, WIRE_REASON_LENGTH);
    return;
  }
  if (receiver.type == WIRE_INFER_PIXELS && engine_info()->dtype != ENGINE_FLOAT32) {
    send_refused(receiver.seq, WIRE_REASON_TYPE);
    return;
  }
  if (engine_status != ENGINE_OK) {
    send_refused(receiver.seq, WIRE_REASON_ENGINE);
    return;
  }
  const uint32_t start = port_ticks();
  const engine_status_t status = engine_invoke();
  const uint32_t ticks = port_ticks() - start;
  if (status != ENGINE_OK) {
    send_refused(receiver.seq, WIRE_REASON_ENGINE);
    return;
  }
  send_result(receiver.seq, ticks);
}

static void answer(void) {
  switch (receiver.type) {
    case WIRE_HELLO_REQUEST:
      if (receiver.complete && receiver.byte == WIRE_VERSION) {
        send_hello(receiver.seq, 0);
      } else {
        send_refused(receiver.seq, WIRE_REASON_VERSION);
      }
      break;
    case WIRE_INFER_TENSOR:
    case WIRE_INFER_PIXELS:
      infer();
      break;
    default:
      send_refused(receiver.seq, WIRE_REASON_TYPE);
      break;
  }
}

void app_start(void) {
  engine_status = engine_init();
  receiver_init(&receiver, engine_input(), engine_info());
  send_hello(0, WIRE_HELLO_UNASKED);
}

void app_poll(void) {
  uint8_t bytes[APP_CHUNK_BYTES];
  const size_t size = port_read(bytes, sizeof bytes);
  if (size == 0) {
    port_wait();
  }
  for (size_t i = 0; i < size; i++) {
    const receiver_event_t event = receiver_take(&receiver, bytes[i]);
    if (event == RECEIVER_MESSAGE) {
      answer();
    } else if (event == RECEIVER_DAMAGED) {
      send_refused(WIRE_SEQ_UNKNOWN, WIRE_REASON_DAMAGED);
    }
  }
}

void app_run(void) {
  app_start();
  for (;;) {
    app_poll();
  }
}
