/* wire.h: the wire's message definitions; docs/wire.md has their meaning.
 * Generated from toolkit/link/messages.py by `python -m toolkit.link.header`: do not edit. */
#ifndef TINYML_WIRE_H
#define TINYML_WIRE_H

enum {
  WIRE_VERSION = 4,
  WIRE_CRC_BYTES = 4,
  WIRE_BUILD_ID_BYTES = 8,
  WIRE_SHA256_BYTES = 32,
  WIRE_MOST_READ = 64,
  WIRE_SLOT_BLOCK = 256,
};

/* HELLO's flags: the device has just started. */
enum { WIRE_FLAG_UNASKED = 1 };

/* seq of a REFUSED whose request could not be read; HELLO's start before the first HELLO_REQUEST */
#define WIRE_SEQ_UNKNOWN 0xFFFFu

/* First byte of a body. */
typedef enum {
  WIRE_HELLO_REQUEST = 0x01,
  WIRE_INFER_TENSOR = 0x02,
  WIRE_INFER_ELEMENTS = 0x04,
  WIRE_ROW = 0x29,
  WIRE_TRACE = 0x45,
  WIRE_READ = 0x66,
  WIRE_SLOT_WRITE = 0x47,
  WIRE_SLOT_DO = 0x28,
  WIRE_TRACE_ROW = 0x6A,
  WIRE_HELLO = 0x81,
  WIRE_RESULT = 0x82,
  WIRE_REFUSED = 0x83,
  WIRE_LAYER = 0x84,
  WIRE_BYTES = 0x85,
  WIRE_SLOTS = 0x86,
  WIRE_TAKEN = 0x87,
} wire_type_t;

/* REFUSED's reason. */
typedef enum {
  WIRE_REASON_DAMAGED = 0x01,
  WIRE_REASON_LENGTH = 0x02,
  WIRE_REASON_UNKNOWN_TYPE = 0x03,
  WIRE_REASON_ENGINE_FAILED = 0x04,
  WIRE_REASON_VERSION = 0x05,
} wire_reason_t;

/* SLOT_DO's command. */
typedef enum {
  WIRE_SLOT_TELL = 0x00,
  WIRE_SLOT_TRY = 0x01,
  WIRE_SLOT_KEEP = 0x02,
  WIRE_SLOT_LEAVE = 0x03,
} wire_slot_command_t;

/* Offsets in a body. */
enum {
  WIRE_HEADER_TYPE = 0,
  WIRE_HEADER_SEQ = 1,
  WIRE_HEADER_BYTES = 3,
};

/* Offsets in HELLO_REQUEST's payload. */
enum {
  WIRE_HELLO_REQUEST_VERSION = 0,
  WIRE_HELLO_REQUEST_BYTES = 1,
};

/* Offsets in INFER_ELEMENTS' payload, both float32; then the elements, packed. */
enum {
  WIRE_INFER_ELEMENTS_DIVISOR = 0,
  WIRE_INFER_ELEMENTS_OFFSET = 4,
  WIRE_INFER_ELEMENTS_BYTES = 8,
};

/* Offsets in TRACE's payload; then the input tensors' bytes, packed. */
enum {
  WIRE_TRACE_FIRST = 0,
  WIRE_TRACE_COUNT = 2,
  WIRE_TRACE_BYTES = 4,
};

/* Offsets in ROW's payload; then a row of the input, packed. */
enum {
  WIRE_ROW_ROW = 0,
  WIRE_ROW_BYTES = 2,
};

/* Offsets in TRACE_ROW's payload; then as ROW's. */
enum {
  WIRE_TRACE_ROW_FIRST = 0,
  WIRE_TRACE_ROW_COUNT = 2,
  WIRE_TRACE_ROW_ROW = 4,
  WIRE_TRACE_ROW_BYTES = 6,
};

/* Offsets in TAKEN's payload. */
enum {
  WIRE_TAKEN_ROW = 0,
  WIRE_TAKEN_BYTES = 2,
};

/* Offsets in READ's payload. */
enum {
  WIRE_READ_PLACE = 0,
  WIRE_READ_SIZE = 4,
  WIRE_READ_BYTES = 6,
};

/* Offsets in BYTES' payload; then the first bytes. */
enum {
  WIRE_BYTES_CRC = 0,
  WIRE_BYTES_BYTES = 4,
};

/* Offsets in SLOT_WRITE's payload; then the block. */
enum {
  WIRE_SLOT_WRITE_PLACE = 0,
  WIRE_SLOT_WRITE_BYTES = 4,
};

/* Offsets in SLOT_DO's payload. */
enum {
  WIRE_SLOT_DO_COMMAND = 0,
  WIRE_SLOT_DO_SLOT = 1,
  WIRE_SLOT_DO_BYTES = 2,
};

/* Offsets in SLOTS' payload. */
enum {
  WIRE_SLOTS_STATUS = 0,
  WIRE_SLOTS_RUNNING = 1,
  WIRE_SLOTS_KEPT = 2,
  WIRE_SLOTS_ENGINE = 3,
  WIRE_SLOTS_SEQUENCE = 4,
  WIRE_SLOTS_BYTES = 8,
};

/* Offsets in LAYER's payload; then these bytes of its output, if asked for. */
enum {
  WIRE_LAYER_LAYER = 0,
  WIRE_LAYER_TICKS = 2,
  WIRE_LAYER_SIZE = 6,
  WIRE_LAYER_WHOLE = 10,
  WIRE_LAYER_CRC = 14,
  WIRE_LAYER_BYTES = 18,
};

/* Offsets in RESULT's payload; then the output tensors' bytes. */
enum {
  WIRE_RESULT_TICKS = 0,
  WIRE_RESULT_BYTES = 4,
};

/* Offsets in REFUSED's payload. */
enum {
  WIRE_REFUSED_REASON = 0,
  WIRE_REFUSED_BYTES = 1,
};

/* Offsets in HELLO's payload; then the ends, then runtime and board, NUL-terminated. */
enum {
  WIRE_HELLO_VERSION = 0,
  WIRE_HELLO_INPUTS = 1,
  WIRE_HELLO_OUTPUTS = 2,
  WIRE_HELLO_TICK_UNIT = 3,
  WIRE_HELLO_FLAGS = 4,
  WIRE_HELLO_START = 5,
  WIRE_HELLO_RX_BUFFER = 7,
  WIRE_HELLO_ARENA_BYTES = 9,
  WIRE_HELLO_STACK_BYTES = 13,
  WIRE_HELLO_LAYERS = 17,
  WIRE_HELLO_ROW_BYTES = 19,
  WIRE_HELLO_BUILD_ID = 23,
  WIRE_HELLO_MODEL_SHA256 = 31,
  WIRE_HELLO_BYTES = 63,
};

/* Offsets in an end, as HELLO has one for each input and each output. */
enum {
  WIRE_END_SIZE = 0,
  WIRE_END_DTYPE = 4,
  WIRE_END_ZERO = 5,
  WIRE_END_BYTES = 8,
};

#endif
