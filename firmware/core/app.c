#include "app.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "build_info.h"
#include "crc32.h"
#include "engine.h"
#include "frame.h"
#include "port.h"
#include "receiver.h"
#include "wire.h"
#include "wire_numbers.h"

/* Nothing here takes long enough to be worth being fast: what does is in the receiver, in frames and in the
 * engine. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("Os")
#endif

_Static_assert(sizeof(engine_end_t) == WIRE_END_BYTES && offsetof(engine_end_t, bytes) == WIRE_END_SIZE &&
                   offsetof(engine_end_t, dtype) == WIRE_END_DTYPE,
               "HELLO carries the engine's ends as they lie in memory");

/* Asked for a few times in a run: small rather than fast. */
#define COLD __attribute__((cold, noinline))

static receiver_t receiver;
static engine_status_t engine_state;
static uint16_t start_seq;  /* of the first HELLO_REQUEST since the start; WIRE_SEQ_UNKNOWN before it */
static uint32_t traced;     /* TRACE: ticks of the layers so far; ROW, TRACE_ROW: of the rows so far */
static uint16_t next_row;   /* ROW, TRACE_ROW: the one that is wanted */
static uint32_t layer_from; /* TRACE: when the layer began that is being computed */

static void put_header(uint8_t *to, wire_type_t type, uint16_t seq) {
  to[WIRE_HEADER_TYPE] = (uint8_t)type;
  wire_put_u16(to + WIRE_HEADER_SEQ, seq);
}

static frame_piece_t text(const char *string) {
  return (frame_piece_t){(const uint8_t *)string, strlen(string) + 1u};
}

/* SHA-256 of the .tflite of the network that runs. */
static const uint8_t *model(void) {
#if CORE_SLOTS
  return engine_slots_model();
#else
  return tinyml_build_model_sha256;
#endif
}

static void send_hello(uint16_t seq, uint8_t flags) {
  const engine_info_t *engine = engine_info();
  const port_info_t *port = port_info();
  uint8_t head[WIRE_HEADER_BYTES + WIRE_HELLO_BUILD_ID];
  uint8_t *hello = head + WIRE_HEADER_BYTES;
  put_header(head, WIRE_HELLO, seq);
  hello[WIRE_HELLO_VERSION] = WIRE_VERSION;
  hello[WIRE_HELLO_INPUTS] = engine->inputs;
  hello[WIRE_HELLO_OUTPUTS] = engine->outputs;
  hello[WIRE_HELLO_TICK_UNIT] = (uint8_t)port->tick_unit;
  hello[WIRE_HELLO_FLAGS] = flags;
  wire_put_u16(hello + WIRE_HELLO_START, start_seq);
  wire_put_u16(hello + WIRE_HELLO_RX_BUFFER, port->rx_buffer);
  wire_put_u32(hello + WIRE_HELLO_ARENA_BYTES, engine->arena_bytes);
  wire_put_u32(hello + WIRE_HELLO_STACK_BYTES, port_stack_used());
  wire_put_u16(hello + WIRE_HELLO_LAYERS, engine->layers);
  wire_put_u32(hello + WIRE_HELLO_ROW_BYTES, engine->row_bytes);
  const frame_piece_t pieces[] = {
      {head, sizeof head},
      {tinyml_build_id, WIRE_BUILD_ID_BYTES},
      {model(), WIRE_SHA256_BYTES},
      {(const uint8_t *)engine->ends, ((size_t)engine->inputs + engine->outputs) * WIRE_END_BYTES},
      text(engine->runtime),
      text(port->board),
  };
  tinyml_frame_send(pieces, sizeof pieces / sizeof pieces[0], NULL, 0);
}

static void send_refused(uint16_t seq, wire_reason_t reason) {
  uint8_t head[WIRE_HEADER_BYTES + WIRE_REFUSED_BYTES];
  put_header(head, WIRE_REFUSED, seq);
  head[WIRE_HEADER_BYTES + WIRE_REFUSED_REASON] = (uint8_t)reason;
  const frame_piece_t piece = {head, sizeof head};
  tinyml_frame_send(&piece, 1, NULL, 0);
}

/* Rows are taken from the top again. */
static void begin_rows(void) {
  if (!receiver.by_row || engine_state != ENGINE_OK) return;
  engine_begin();
  next_row = 0;
  traced = 0;
}

/* An engine that failed leaves no input to unpack into: requests are then read, and refused. */
static void start_engine(void) {
  engine_state = engine_init();
  receiver.place = engine_state == ENGINE_OK ? engine_input : NULL;
  begin_rows();
}

static frame_piece_t output(uint8_t index) {
  const engine_info_t *engine = engine_info();
  return (frame_piece_t){engine_output(index), (size_t)engine->ends[engine->inputs + index].bytes};
}

static void send_result(uint16_t seq, uint32_t ticks) {
  uint8_t head[WIRE_HEADER_BYTES + WIRE_RESULT_BYTES];
  put_header(head, WIRE_RESULT, seq);
  wire_put_u32(head + WIRE_HEADER_BYTES + WIRE_RESULT_TICKS, ticks);
  const frame_piece_t piece = {head, sizeof head};
  tinyml_frame_send(&piece, 1, output, engine_info()->outputs);
}

/* A head whose last field is a CRC, and bytes behind it. */
static COLD void send_with_crc(uint8_t *head, size_t head_size, uint32_t crc, const uint8_t *bytes,
                               size_t size) {
  wire_put_u32(head + head_size - WIRE_CRC_BYTES, ~crc);
  const frame_piece_t pieces[] = {{head, head_size}, {bytes, size}};
  tinyml_frame_send(pieces, sizeof pieces / sizeof pieces[0], NULL, 0);
}

/* One LAYER at a time, so that nobody has to keep them. What that takes is no layer's time. */
static COLD void watch(uint16_t layer, const uint8_t *bytes, uint32_t size, uint32_t whole) {
  const uint32_t ticks = port_ticks() - layer_from;
  uint8_t head[WIRE_HEADER_BYTES + WIRE_LAYER_BYTES];
  uint32_t crc = CRC32_INIT;
  for (size_t place = 0; place < size; ++place) crc = tinyml_crc32_update(crc, bytes[place]);
  put_header(head, WIRE_LAYER, receiver.seq);
  wire_put_u16(head + WIRE_HEADER_BYTES + WIRE_LAYER_LAYER, layer);
  wire_put_u32(head + WIRE_HEADER_BYTES + WIRE_LAYER_TICKS, ticks);
  wire_put_u32(head + WIRE_HEADER_BYTES + WIRE_LAYER_SIZE, size);
  wire_put_u32(head + WIRE_HEADER_BYTES + WIRE_LAYER_WHOLE, whole);
  const uint16_t from_first = (uint16_t)(layer - wire_get_u16(receiver.front + WIRE_TRACE_FIRST));
  const bool wanted = from_first < wire_get_u16(receiver.front + WIRE_TRACE_COUNT);
  send_with_crc(head, sizeof head, crc, bytes, wanted ? (size_t)size : 0u);
  traced += ticks;
  layer_from = port_ticks();
}

/* Not part of serve(): its bytes would lie on the stack below every inference. */
static COLD void send_bytes(void) {
  uint8_t head[WIRE_HEADER_BYTES + WIRE_BYTES_BYTES];
  uint8_t bytes[WIRE_MOST_READ];
  const uint32_t place = wire_get_u32(receiver.front + WIRE_READ_PLACE);
  const uint16_t size = wire_get_u16(receiver.front + WIRE_READ_SIZE);
  uint32_t crc = CRC32_INIT;
  for (uint16_t at = 0; at < size; ++at) {
    const uint8_t byte = engine_constant(tinyml_build_id, place + at);
    crc = tinyml_crc32_update(crc, byte);
    if (at < sizeof bytes) bytes[at] = byte;
  }
  put_header(head, WIRE_BYTES, receiver.seq);
  send_with_crc(head, sizeof head, crc, bytes, size < sizeof bytes ? size : sizeof bytes);
}

_Static_assert(WIRE_LAYER_CRC + WIRE_CRC_BYTES == WIRE_LAYER_BYTES &&
                   WIRE_BYTES_CRC + WIRE_CRC_BYTES == WIRE_BYTES_BYTES,
               "send_with_crc() writes the last field");
_Static_assert((int)WIRE_TRACE_ROW_FIRST == WIRE_TRACE_FIRST && (int)WIRE_TRACE_ROW_COUNT == WIRE_TRACE_COUNT,
               "watch() reads the front of both");

static COLD uint32_t trace(void) {
  traced = 0;
  layer_from = port_ticks();
  engine_state = engine_trace(watch);
  return traced;
}

static uint32_t invoke(void) {
  const uint32_t start = port_ticks();
  engine_state = engine_invoke();
  return port_ticks() - start;
}

static void infer(bool tracing) {
  if (engine_state == ENGINE_OK) {
    const uint32_t ticks = tracing ? trace() : invoke();
    if (engine_state == ENGINE_OK) {
      send_result(receiver.seq, ticks);
      return;
    }
  }
  send_refused(receiver.seq, WIRE_REASON_ENGINE_FAILED);
  start_engine();
}

static void send_taken(void) {
  uint8_t head[WIRE_HEADER_BYTES + WIRE_TAKEN_BYTES];
  put_header(head, WIRE_TAKEN, receiver.seq);
  wire_put_u16(head + WIRE_HEADER_BYTES + WIRE_TAKEN_ROW, next_row);
  const frame_piece_t piece = {head, sizeof head};
  tinyml_frame_send(&piece, 1, NULL, 0);
}

/* Computes what it can with the row; after the last one all that is left. */
static void push_row(bool tracing, bool last) {
  const uint32_t before = traced, start = port_ticks();
  layer_from = start;
  engine_state = engine_push(tracing ? watch : NULL);
  if (last && engine_state == ENGINE_OK) engine_state = tracing ? engine_trace(watch) : engine_invoke();
  if (!tracing) traced = before + (port_ticks() - start);
}

/* A row that is not the wanted one is not computed: the answer tells which that is. The first one begins
 * anew, whatever came before; it has been written to where the wanted one goes, and so has to come again. */
static void take_row(bool tracing) {
  const uint16_t row = wire_get_u16(receiver.front + (tracing ? WIRE_TRACE_ROW_ROW : WIRE_ROW_ROW));
  if (engine_state == ENGINE_OK && row == next_row) {
    const engine_info_t *engine = engine_info();
    const bool last = (uint32_t)(row + 1u) * engine->row_bytes >= engine->ends[0].bytes;
    push_row(tracing, last);
    ++next_row;
    if (last && engine_state == ENGINE_OK) {
      send_result(receiver.seq, traced);
      begin_rows();
      return;
    }
  } else if (row == 0) {
    begin_rows();
  }
  if (engine_state == ENGINE_OK) {
    send_taken();
    return;
  }
  send_refused(receiver.seq, WIRE_REASON_ENGINE_FAILED);
  start_engine();
}

/* The engine as it is now, and requests for it. */
static void start(void) {
  const engine_info_t *engine = engine_info();
  const bool takes_elements = engine->inputs == 1 && engine->ends[0].dtype == ENGINE_FLOAT32;
  tinyml_receiver_init(&receiver, engine->ends, engine->inputs, takes_elements ? tinyml_build_scale : NULL,
                       engine->row_bytes);
  start_engine();
}

#if CORE_SLOTS
/* Another engine is another network: HELLO then says which. */
static COLD void start_anew(void) {
  const uint16_t seq = receiver.seq;
  start();
  receiver.seq = seq;
  receiver.in_step = true;
}

static COLD void serve_slot(bool writing) {
  uint8_t head[WIRE_HEADER_BYTES + WIRE_SLOTS_BYTES];
  uint8_t *told = head + WIRE_HEADER_BYTES;
  const uint8_t command = receiver.front[WIRE_SLOT_DO_COMMAND];
  const engine_slots_t slots =
      writing ? engine_slots_write(wire_get_u32(receiver.front + WIRE_SLOT_WRITE_PLACE), receiver.block)
              : engine_slots_do(command, receiver.front[WIRE_SLOT_DO_SLOT]);
  if (!writing && (command == WIRE_SLOT_TRY || command == WIRE_SLOT_LEAVE)) start_anew();
  put_header(head, WIRE_SLOTS, receiver.seq);
  told[WIRE_SLOTS_STATUS] = slots.status;
  told[WIRE_SLOTS_RUNNING] = slots.running;
  told[WIRE_SLOTS_KEPT] = slots.kept;
  told[WIRE_SLOTS_ENGINE] = (uint8_t)engine_state;
  wire_put_u32(told + WIRE_SLOTS_SEQUENCE, slots.sequence);
  const frame_piece_t piece = {head, sizeof head};
  tinyml_frame_send(&piece, 1, NULL, 0);
}
#endif

static void serve(uint8_t byte) {
  const receiver_event_t event = tinyml_receiver_put(&receiver, byte);
  switch (event) {
    case RECEIVER_MORE:
      break;
    case RECEIVER_HELLO:
      if (start_seq == WIRE_SEQ_UNKNOWN) start_seq = receiver.seq;
      send_hello(receiver.seq, 0);
      break;
    case RECEIVER_INFER:
    case RECEIVER_TRACE:
      infer(event == RECEIVER_TRACE);
      break;
    case RECEIVER_ROW:
    case RECEIVER_TRACE_ROW:
      take_row(event == RECEIVER_TRACE_ROW);
      break;
    case RECEIVER_READ:
      send_bytes();
      break;
#if CORE_SLOTS
    case RECEIVER_SLOT_WRITE:
    case RECEIVER_SLOT_DO:
      serve_slot(event == RECEIVER_SLOT_WRITE);
      break;
#endif
    case RECEIVER_REFUSE:
      send_refused(receiver.seq, receiver.reason);
      break;
  }
}

void tinyml_app_start(void) {
  static const uint8_t delimiter = 0;
  start_seq = WIRE_SEQ_UNKNOWN;
#if CORE_SLOTS
  engine_slots_choose();
#endif
  start();
  /* Ends what a reset may have cut short, so that HELLO is not taken for its rest. */
  port_write(&delimiter, 1);
  send_hello(0, WIRE_FLAG_UNASKED);
}

void tinyml_app_poll(void) {
  uint8_t bytes[CORE_RX_BYTES];
  const size_t size = port_read(bytes, sizeof bytes);
  if (size == 0) port_wait();
  for (size_t place = 0; place < size; ++place) serve(bytes[place]);
}

void tinyml_app_run(void) {
  tinyml_app_start();
  for (;;) tinyml_app_poll();
}
