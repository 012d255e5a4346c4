/* Drives the core's parts from a test: a command a line in, an answer a line out.
 *
 *   crc HEX                       the CRC-32 of the bytes
 *   send HEX [HEX ...]            the frame of the body made of these pieces; "-" is an empty piece
 *   unpack HEX                    PackBits undone
 *   receive DTYPE BYTES[,BYTES ...] HEX   what the receiver tells of these bytes from the wire, with inputs
 * of so many bytes
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crc32.h"
#include "elements.h"
#include "engine.h"
#include "frame.h"
#include "packbits.h"
#include "port.h"
#include "receiver.h"
#include "wire_numbers.h"

enum { MAX_PIECES = 8, MAX_INPUTS = 8, MAX_LINE = 1 << 20 };

static void print_hex(const uint8_t *data, size_t size) {
  for (size_t place = 0; place < size; ++place) printf("%02x", data[place]);
}

/* The frame's way out; its pieces must not be longer than what the core promises. */
void port_write(const uint8_t *data, size_t size) {
  if (size > CORE_TX_BYTES) abort();
  print_hex(data, size);
}

/* Exactly as large as the data, so that the sanitizer sees every step beyond. */
static uint8_t *parse_hex(const char *text, size_t *size) {
  *size = text[0] == '-' ? 0 : strlen(text) / 2;
  uint8_t *data = malloc(*size ? *size : 1);
  if (!data) abort();
  for (size_t place = 0; place < *size; ++place) {
    const char digits[3] = {text[2 * place], text[2 * place + 1], '\0'};
    data[place] = (uint8_t)strtoul(digits, NULL, 16);
  }
  return data;
}

static void do_crc(const char *text) {
  size_t size;
  uint8_t *data = parse_hex(text, &size);
  uint32_t crc = CRC32_INIT;
  for (size_t place = 0; place < size; ++place) crc = tinyml_crc32_update(crc, data[place]);
  printf("%08lx", (unsigned long)(crc ^ 0xFFFFFFFFu));
  free(data);
}

static frame_piece_t more[MAX_PIECES];

static frame_piece_t nth(uint8_t index) { return more[index]; }

/* The first half of the pieces is listed, the others are given one by one. */
static void do_send(void) {
  frame_piece_t pieces[MAX_PIECES];
  uint8_t *owned[MAX_PIECES];
  size_t count = 0;
  for (const char *text; count < MAX_PIECES && (text = strtok(NULL, " ")); ++count) {
    owned[count] = parse_hex(text, &pieces[count].size);
    pieces[count].data = owned[count];
  }
  const size_t listed = count / 2;
  memcpy(more, pieces + listed, (count - listed) * sizeof *more);
  tinyml_frame_send(pieces, listed, nth, (uint8_t)(count - listed));
  while (count) free(owned[--count]);
}

static void do_unpack(const char *text) {
  size_t size;
  uint8_t *data = parse_hex(text, &size);
  packbits_t state = {0};
  uint8_t value = 0;
  for (size_t place = 0; place < size; ++place) {
    for (uint8_t times = packbits_unpack(&state, data[place], &value); times; --times) print_hex(&value, 1);
  }
  if (packbits_is_open(&state)) printf(" open");
  free(data);
}

static engine_end_t ends[MAX_INPUTS];
static uint8_t *inputs[MAX_INPUTS];

static uint8_t *place(uint8_t index) { return inputs[index]; }

static void do_receive(engine_dtype_t dtype, const char *sizes, const char *text) {
  size_t size;
  uint8_t *data = parse_hex(text, &size);
  uint8_t count = 0;
  for (; count < MAX_INPUTS && sizes; ++count) {
    ends[count] = (engine_end_t){(uint32_t)strtoul(sizes, NULL, 10), (uint8_t)dtype, {0}};
    inputs[count] = malloc(ends[count].bytes);
    sizes = strchr(sizes, ',');
    if (sizes) ++sizes;
  }
  receiver_t receiver;
  tinyml_receiver_init(&receiver, ends, count, dtype == ENGINE_FLOAT32 ? tinyml_elements_scale : NULL, 0);
  receiver.place = place;
  for (size_t at = 0; at < size; ++at) {
    switch (tinyml_receiver_put(&receiver, data[at])) {
      case RECEIVER_MORE:
        break;
      case RECEIVER_HELLO:
        printf("hello:%u ", receiver.seq);
        break;
      case RECEIVER_TRACE:
        printf("trace:%u:%u:%u:", receiver.seq, wire_get_u16(receiver.front + WIRE_TRACE_FIRST),
               wire_get_u16(receiver.front + WIRE_TRACE_COUNT));
        for (uint8_t input = 0; input < count; ++input) print_hex(inputs[input], ends[input].bytes);
        putchar(' ');
        break;
      case RECEIVER_ROW:
      case RECEIVER_TRACE_ROW: /* the inputs are whole here */
        break;
      case RECEIVER_READ:
        printf("read:%u:%lu:%u ", receiver.seq, (unsigned long)wire_get_u32(receiver.front + WIRE_READ_PLACE),
               wire_get_u16(receiver.front + WIRE_READ_SIZE));
        break;
      case RECEIVER_INFER:
        printf("infer:%u:", receiver.seq);
        for (uint8_t input = 0; input < count; ++input) print_hex(inputs[input], ends[input].bytes);
        putchar(' ');
        break;
      case RECEIVER_REFUSE:
        printf("refuse:%u:%d ", receiver.seq, (int)receiver.reason);
        break;
    }
  }
  while (count) free(inputs[--count]);
  free(data);
}

int main(void) {
  static char line[MAX_LINE];
  while (fgets(line, sizeof line, stdin)) {
    line[strcspn(line, "\n")] = '\0';
    const char *command = strtok(line, " ");
    if (!command) continue;
    if (strcmp(command, "crc") == 0) {
      do_crc(strtok(NULL, " "));
    } else if (strcmp(command, "send") == 0) {
      do_send();
    } else if (strcmp(command, "unpack") == 0) {
      do_unpack(strtok(NULL, " "));
    } else if (strcmp(command, "receive") == 0) {
      const engine_dtype_t dtype = (engine_dtype_t)atoi(strtok(NULL, " "));
      const char *sizes = strtok(NULL, " ");
      do_receive(dtype, sizes, strtok(NULL, " "));
    } else {
      return EXIT_FAILURE;
    }
    putchar('\n');
    fflush(stdout);
  }
  return EXIT_SUCCESS;
}
