/* The whole firmware core under libFuzzer: nothing is written outside the engine's input, and every answer is
 * the model's.
 *
 *   input   [device] [pieces] data...
 *
 *   device  bit 0      float32
 *           bit 1      engine_init() fails
 *           bits 2-3   input size
 *           bits 4-5   output size
 *           bit 6      data are bodies, not the bytes on the wire
 *           bit 7      two inputs and, if there is room, two outputs: the first takes a quarter of the bytes
 *   pieces  how many bytes port_read() gives at once, less one
 *
 * Bodies have their length before them, and are framed here with the right CRC: so the fuzzer comes past it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "build_info.h"
#include "engine.h"
#include "frame.h"
#include "model.h"
#include "port.h"

const uint8_t tinyml_build_id[WIRE_BUILD_ID_BYTES] = {0, 1, 2, 3, 4, 5, 6, 7};
uint8_t const tinyml_build_model_sha256[WIRE_SHA256_BYTES] = {
    255, 254, 253, 252, 251, 250, 249, 248, 247, 246, 245, 244, 243, 242, 241, 240,
    239, 238, 237, 236, 235, 234, 233, 232, 231, 230, 229, 228, 227, 226, 225, 224};
const char tinyml_build_board[] = "board";
elements_scale_t *const tinyml_build_scale = tinyml_elements_scale;

static model_device_t device;
static engine_end_t ends[4];
static engine_info_t engine = {.runtime = "fuzz", .ends = ends, .layers = MODEL_LAYERS, .arena_bytes = 77};
static const port_info_t port = {"board", PORT_TICKS_CYCLES, 300};
static uint8_t *data[4]; /* exactly as large as they are said to be: the sanitizer sees every step beyond */
static const uint8_t *received;
static size_t received_size;
static size_t piece;
static uint32_t ticks;
static bool framing; /* port_write() is the way into the device */
static uint8_t wire[MODEL_MAX_WIRE];
static size_t wire_size;
static uint8_t sent[16 * MODEL_MAX_WIRE];
static size_t sent_size;

static void complain(const char *what) {
  fprintf(stderr, "core: %s\n", what);
  abort();
}

engine_status_t engine_init(void) { return device.never_starts ? ENGINE_ERROR_ARENA : ENGINE_OK; }
const engine_info_t *engine_info(void) { return &engine; }
uint8_t *engine_input(uint8_t index) { return data[index]; }
const uint8_t *engine_output(uint8_t index) { return data[engine.inputs + index]; }
engine_status_t engine_invoke(void) {
  if (device.never_starts) complain("an engine that failed is asked to compute");
  ticks += 5;
  uint8_t input[MODEL_MAX_INPUT];
  uint8_t output[MODEL_MAX_OUTPUT];
  uint8_t *row = input;
  for (uint8_t index = 0; index < engine.inputs; row += ends[index++].bytes) {
    memcpy(row, data[index], ends[index].bytes);
    memset(data[index], 0x5A, ends[index].bytes); /* as a planner that reuses it may */
  }
  const bool done = model_infer(input, device.input_bytes, output, device.output_bytes);
  row = output;
  for (uint8_t index = engine.inputs; index < engine.inputs + engine.outputs; row += ends[index++].bytes) {
    memcpy(data[index], row, ends[index].bytes);
  }
  return done ? ENGINE_OK : ENGINE_ERROR_INVOKE;
}

/* The input as it came, then the output; each told in a buffer of just its size. */
engine_status_t engine_trace(engine_watch_t *watch) {
  uint8_t *all = malloc(device.input_bytes);
  uint8_t *row = all;
  if (!all) abort();
  for (uint8_t index = 0; index < engine.inputs; row += ends[index++].bytes) {
    memcpy(row, data[index], ends[index].bytes);
  }
  ticks += 3;
  watch(0, all, (uint32_t)device.input_bytes, (uint32_t)device.input_bytes);
  free(all);
  const engine_status_t status = engine_invoke();
  if (status != ENGINE_OK) return status;
  uint8_t *result = malloc(device.output_bytes);
  row = result;
  if (!result) abort();
  for (uint8_t index = engine.inputs; index < engine.inputs + engine.outputs; row += ends[index++].bytes) {
    memcpy(row, data[index], ends[index].bytes);
  }
  watch(1, result, (uint32_t)device.output_bytes, (uint32_t)device.output_bytes);
  free(result);
  return ENGINE_OK;
}

void engine_begin(void) {}

engine_status_t engine_push(engine_watch_t *watch) {
  (void)watch;
  return ENGINE_ERROR_INVOKE;
}

uint8_t engine_constant(const uint8_t *base, uint32_t place) {
  if (base != tinyml_build_id) complain("constants are counted from elsewhere");
  return model_constant(place);
}

const port_info_t *port_info(void) { return &port; }
void port_wait(void) {}
uint32_t port_ticks(void) { return ticks; }
uint32_t port_stack_used(void) { return 0x01020304; }
size_t port_read(uint8_t *data, size_t capacity) {
  size_t size = piece < capacity ? piece : capacity;
  if (size > received_size) size = received_size;
  memcpy(data, received, size);
  received += size;
  received_size -= size;
  return size;
}

void port_write(const uint8_t *data, size_t size) {
  uint8_t *to = framing ? wire : sent;
  size_t *filled = framing ? &wire_size : &sent_size;
  if (*filled + size > (framing ? sizeof wire : sizeof sent))
    complain("more answers than the fuzz target holds");
  memcpy(to + *filled, data, size);
  *filled += size;
}

/* The next frame of a stream of bytes, without its delimiter; NULL if there is no further delimiter. */
static const uint8_t *next_frame(const uint8_t **at, const uint8_t *end, size_t *size) {
  const uint8_t *start = *at;
  const uint8_t *delimiter = start < end ? memchr(start, 0, (size_t)(end - start)) : NULL;
  if (!delimiter) return NULL;
  *size = (size_t)(delimiter - start);
  *at = delimiter + 1;
  return start;
}

static void frame_bodies(const uint8_t *data, size_t size) {
  framing = true;
  while (size) {
    size_t length = *data++;
    --size;
    if (length > size) length = size;
    const frame_piece_t piece = {data, length};
    tinyml_frame_send(&piece, 1, NULL, 0);
    data += length;
    size -= length;
  }
  framing = false;
}

/* The device's next answer is this one. */
static void expect(const model_answer_t *wanted, const uint8_t **at) {
  static uint8_t body[MODEL_MAX_WIRE];
  size_t size = 0;
  const uint8_t *frame = next_frame(at, sent + sent_size, &size);
  if (!frame) complain("an answer is missing");
  const long length = model_decode(frame, size, body);
  if (length < 0) complain("an answer is damaged");
  if (wanted->free_reason) {
    if (length != 4 || body[0] != WIRE_REFUSED) complain("a body without a header is not refused");
    return;
  }
  if ((size_t)length != wanted->size || memcmp(body, wanted->body, wanted->size))
    complain("an answer is wrong");
}

static void check_answers(void) {
  static model_answer_t wanted[MODEL_MAX_ANSWERS];
  bool in_step = false;
  uint16_t start = WIRE_SEQ_UNKNOWN;
  size_t size = 0;
  const uint8_t *answers = sent;
  if (sent[0] != 0) complain("the device does not start with a delimiter");
  ++answers;
  model_hello(&device, 0, WIRE_FLAG_UNASKED, WIRE_SEQ_UNKNOWN, wanted);
  expect(wanted, &answers);
  const uint8_t *requests = wire;
  for (const uint8_t *frame; (frame = next_frame(&requests, wire + wire_size, &size));) {
    const size_t count = model_answer(&device, frame, size, &in_step, &start, wanted);
    for (size_t answer = 0; answer < count; ++answer) expect(&wanted[answer], &answers);
  }
  if (answers != sent + sent_size) complain("an answer that nobody asked for");
}

/* One or two tensors of so many bytes; returns how many. */
static uint8_t cut(engine_end_t *to, size_t bytes, bool two) {
  const uint32_t first = two ? (uint32_t)bytes / 4 : (uint32_t)bytes;
  const uint8_t dtype = device.takes_elements ? ENGINE_FLOAT32 : ENGINE_INT8;
  to[0] = (engine_end_t){first, dtype, {0}};
  to[1] = (engine_end_t){(uint32_t)bytes - first, dtype, {0}};
  return two ? 2 : 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *given, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *given, size_t size) {
  static const size_t sizes[] = {4, 16, 784, MODEL_MAX_INPUT};
  static const size_t outputs[] = {1, 10, 254, MODEL_MAX_OUTPUT};
  if (size < 2 || size > 4096) return 0;
  device.takes_elements = given[0] & 1;
  device.never_starts = given[0] >> 1 & 1;
  device.input_bytes = sizes[given[0] >> 2 & 3];
  device.output_bytes = outputs[given[0] >> 4 & 3];
  const bool two = given[0] & 0x80;
  engine.inputs = cut(ends, device.input_bytes, two);
  engine.outputs = cut(ends + engine.inputs, device.output_bytes, two && device.output_bytes > 4);
  device.ends = ends;
  device.inputs = engine.inputs;
  device.outputs = engine.outputs;
  for (uint8_t end = 0; end < engine.inputs + engine.outputs; ++end) {
    if (!(data[end] = calloc(ends[end].bytes, 1))) abort();
  }
  wire_size = sent_size = 0;
  piece = (size_t)given[1] + 1;
  if (given[0] & 0x40) {
    frame_bodies(given + 2, size - 2);
  } else {
    memcpy(wire, given + 2, size - 2);
    wire_size = size - 2;
  }
  received = wire;
  received_size = wire_size;
  tinyml_app_start();
  while (received_size) tinyml_app_poll();
  check_answers();
  for (uint8_t end = 0; end < engine.inputs + engine.outputs; ++end) free(data[end]);
  return 0;
}
