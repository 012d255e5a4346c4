#include "model.h"

#include <string.h>

#include "wire.h"

static uint32_t crc32_of(const uint8_t *data, size_t size) {
  uint32_t crc = 0xFFFFFFFFu;
  for (size_t place = 0; place < size; ++place) {
    crc ^= data[place];
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1u ? 0xEDB88320u : 0u);
  }
  return ~crc;
}

long model_decode(const uint8_t *frame, size_t size, uint8_t *body) {
  size_t from = 0;
  size_t to = 0;
  while (from < size) {
    const size_t code = frame[from++];
    if (code == 0 || from + code - 1 > size) return -1;
    memcpy(body + to, frame + from, code - 1);
    to += code - 1;
    from += code - 1;
    if (code < 255 && from < size) body[to++] = 0;
  }
  if (to < 4) return -1;
  const uint8_t *tail = body + to - 4;
  const uint32_t crc = tail[0] | (uint32_t)tail[1] << 8 | (uint32_t)tail[2] << 16 | (uint32_t)tail[3] << 24;
  return crc == crc32_of(body, to - 4) ? (long)to - 4 : -1;
}

/* Packing undone; false if it does not give exactly `wanted` bytes. */
static bool unpack(const uint8_t *packed, size_t size, uint8_t *data, size_t wanted) {
  size_t from = 1; /* after the background */
  size_t to = 0;
  while (from < size) {
    const size_t code = packed[from++];
    const size_t count = code < 64 ? code + 1 : code < 128 ? code - 63 : code - 127;
    const size_t taken = code < 64 ? count : code < 128 ? 1 : 0;
    if (from + taken > size || to + count > wanted) return false;
    if (code < 64) {
      memcpy(data + to, packed + from, count);
    } else {
      memset(data + to, code < 128 ? packed[from] : packed[0], count);
    }
    from += taken;
    to += count;
  }
  return to == wanted;
}

bool model_infer(const uint8_t *input, size_t input_bytes, uint8_t *output, size_t output_bytes) {
  if (input[0] == 0xEE) return false;
  for (size_t place = 0; place < output_bytes; ++place) {
    output[place] = (uint8_t)(input[place % input_bytes] + place / input_bytes);
  }
  return true;
}

static uint8_t *header(model_answer_t *answer, wire_type_t type, uint16_t seq) {
  answer->free_reason = false;
  answer->body[0] = (uint8_t)type;
  answer->body[1] = (uint8_t)seq;
  answer->body[2] = (uint8_t)(seq >> 8);
  return answer->body + 3;
}

uint8_t model_constant(uint32_t place) { return (uint8_t)(place * 31u + 7u); }

static size_t refuse(model_answer_t *answer, uint16_t seq, wire_reason_t reason) {
  *header(answer, WIRE_REFUSED, seq) = (uint8_t)reason;
  answer->size = 4;
  return 1;
}

static uint8_t *put(uint8_t *to, uint32_t value, int bytes) {
  for (; bytes; --bytes, value >>= 8) *to++ = (uint8_t)value;
  return to;
}

void model_hello(const model_device_t *device, uint16_t seq, uint8_t flags, uint16_t start,
                 model_answer_t *answer) {
  uint8_t *to = header(answer, WIRE_HELLO, seq);
  *to++ = 4;
  *to++ = device->inputs;
  *to++ = device->outputs;
  *to++ = 2;
  *to++ = flags;
  to = put(to, start, 2);
  to = put(to, 300, 2);
  to = put(to, 77, 4);
  to = put(to, 0x01020304, 4);
  to = put(to, MODEL_LAYERS, 2);
  to = put(to, 0, 4);
  for (uint8_t place = 0; place < WIRE_BUILD_ID_BYTES; ++place) *to++ = place;
  for (uint8_t place = 0; place < WIRE_SHA256_BYTES; ++place) *to++ = (uint8_t)(255 - place);
  for (uint8_t end = 0; end < device->inputs + device->outputs; ++end) {
    to = put(to, device->ends[end].bytes, 4);
    to = put(to, device->takes_elements ? 2 : 1, 4);
  }
  memcpy(to, "fuzz\0board", 11);
  answer->size = (size_t)(to + 11 - answer->body);
}

static void layer(model_answer_t *answer, const uint8_t *body, uint16_t number, uint32_t ticks,
                  const uint8_t *bytes, size_t size) {
  uint8_t *to = header(answer, WIRE_LAYER, (uint16_t)(body[1] | body[2] << 8));
  const unsigned first = body[3] | (unsigned)body[4] << 8;
  const unsigned count = body[5] | (unsigned)body[6] << 8;
  to = put(to, number, 2);
  to = put(to, ticks, 4);
  to = put(to, (uint32_t)size, 4);
  to = put(to, (uint32_t)size, 4);
  to = put(to, crc32_of(bytes, size), 4);
  const size_t sent = ((number - first) & 0xFFFFu) < count ? size : 0;
  memcpy(to, bytes, sent);
  answer->size = 21 + sent;
}

static size_t read(const uint8_t *body, size_t size, model_answer_t *answer) {
  const uint16_t seq = (uint16_t)(body[1] | body[2] << 8);
  if (size != 9) return refuse(answer, seq, WIRE_REASON_LENGTH);
  const uint32_t place = body[3] | (uint32_t)body[4] << 8 | (uint32_t)body[5] << 16 | (uint32_t)body[6] << 24;
  static uint8_t bytes[0x10000];
  const size_t asked = body[7] | (size_t)body[8] << 8;
  const size_t sent = asked < 64 ? asked : 64;
  for (uint32_t at = 0; at < asked; ++at) bytes[at] = model_constant(place + at);
  memcpy(put(header(answer, WIRE_BYTES, seq), crc32_of(bytes, asked), 4), bytes, sent);
  answer->size = 7 + sent;
  return 1;
}

static size_t infer(const model_device_t *device, const uint8_t *body, size_t size, model_answer_t *answer) {
  const uint16_t seq = (uint16_t)(body[1] | body[2] << 8);
  const bool scaled = body[0] == WIRE_INFER_ELEMENTS;
  const bool traced = body[0] == WIRE_TRACE;
  const size_t fixed = scaled   ? 11
                       : traced ? 7
                                : 3; /* header, and the two float32 of a scaling, or two layers */
  uint8_t data[MODEL_MAX_INPUT];
  uint8_t input[MODEL_MAX_INPUT];
  const size_t elements = device->input_bytes / (scaled ? sizeof(float) : 1);
  if (size < fixed || !unpack(body + fixed, size - fixed, data, elements))
    return refuse(answer, seq, WIRE_REASON_LENGTH);
  for (size_t place = 0; scaled && place < elements; ++place) {
    float divisor, offset;
    memcpy(&divisor, body + 3, sizeof divisor);
    memcpy(&offset, body + 7, sizeof offset);
    const float real = (float)data[place] / divisor + offset;
    memcpy(input + place * sizeof real, &real, sizeof real);
  }
  if (device->never_starts) return refuse(answer, seq, WIRE_REASON_ENGINE_FAILED);
  size_t count = 0;
  if (traced) layer(&answer[count++], body, 0, 3, data, device->input_bytes);
  uint8_t computed[MODEL_MAX_OUTPUT];
  if (!model_infer(scaled ? input : data, device->input_bytes, computed, device->output_bytes))
    return count + refuse(&answer[count], seq, WIRE_REASON_ENGINE_FAILED);
  if (traced) layer(&answer[count++], body, 1, 5, computed, device->output_bytes);
  uint8_t *output = put(header(&answer[count], WIRE_RESULT, seq), traced ? 8 : 5, 4);
  memcpy(output, computed, device->output_bytes);
  answer[count].size = 7 + device->output_bytes;
  return count + 1;
}

size_t model_answer(const model_device_t *device, const uint8_t *frame, size_t size, bool *in_step,
                    uint16_t *start, model_answer_t *answer) {
  static uint8_t body[MODEL_MAX_WIRE];
  const bool was_in_step = *in_step;
  *in_step = true;
  if (size == 0) return 0;
  const long length = model_decode(frame, size, body);
  if (length < 0) return was_in_step ? refuse(answer, WIRE_SEQ_UNKNOWN, WIRE_REASON_DAMAGED) : 0;
  if (length < WIRE_HEADER_BYTES) {
    refuse(answer, WIRE_SEQ_UNKNOWN, WIRE_REASON_DAMAGED);
    answer->free_reason = true;
    return 1;
  }
  const uint16_t seq = (uint16_t)(body[1] | body[2] << 8);
  switch (body[0]) {
    case WIRE_HELLO_REQUEST:
      if (length < 4) return refuse(answer, seq, WIRE_REASON_LENGTH);
      if (body[3] != WIRE_VERSION) return refuse(answer, seq, WIRE_REASON_VERSION);
      if (length > 4) return refuse(answer, seq, WIRE_REASON_LENGTH);
      if (*start == WIRE_SEQ_UNKNOWN) *start = seq;
      model_hello(device, seq, 0, *start, answer);
      return 1;
    case WIRE_READ:
      return read(body, (size_t)length, answer);
    case WIRE_INFER_ELEMENTS:
      if (!device->takes_elements || device->inputs > 1) break;
      return infer(device, body, (size_t)length, answer);
    case WIRE_INFER_TENSOR:
    case WIRE_TRACE:
      return infer(device, body, (size_t)length, answer);
    default:
      break;
  }
  return refuse(answer, seq, WIRE_REASON_UNKNOWN_TYPE);
}
