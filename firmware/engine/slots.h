/* slots.h: two slots for a network's constants and plan, beside the network that was built in.
 *
 * An image is data and no code, linked for the address of its slot. Its layers are steps: a kernel that this
 * firmware has, and its operands. So whatever network needs no other kernels can come over the link.
 *
 *   | header, proven last | plan | constants, operands, steps | free |   slot 1
 *   | header, proven last | plan | ...                               |   slot 2
 *
 * At the start the newest image runs that is whole and was proven; if there is none, the network that was
 * built in. Only the other slot is ever written, so that a cut at any moment leaves what ran before. One
 * word, written last of all, makes a new image the one that runs.
 */
#ifndef TINYML_SLOTS_H
#define TINYML_SLOTS_H

#include <stddef.h>
#include <stdint.h>

#include "engine.h"

#define SLOT_COUNT 2u
#define SLOT_BLOCK 256u         /* bytes that are written at once; a page is a multiple */
#define SLOT_MAGIC 0x314C5354u  /* "TSL1" */
#define SLOT_PROVEN 0x50524F56u /* "VORP"; before that the word is as erased flash is: all ones */
#define SLOT_HEADER_BYTES 40u   /* the plan begins behind it */

/* An operand: an offset in the arena, an address in the image, a number, or a float's bits. */
typedef uintptr_t slot_word_t;

/* One layer on the arena. */
typedef void slot_kernel_t(uint8_t *arena, const slot_word_t *words);

typedef struct {
  uint32_t kernel;        /* its place among the firmware's */
  uint32_t output, bytes; /* the layer's output: where it lies in the arena, and its size */
  const slot_word_t *words;
} slot_step_t;

typedef struct {
  const slot_step_t *steps;
  const engine_end_t *ends; /* the inputs, then the outputs */
  const uint32_t *places;   /* in the arena, of each end */
  uint32_t arena_bytes;
  uint16_t count; /* of steps */
  uint8_t inputs, outputs;
  uint8_t model_sha256[32]; /* of the .tflite */
} slot_plan_t;

/* Little-endian, as all cores here are. crc: CRC-32 of what is behind the header; header_crc: of what is
 * before it. */
typedef struct {
  uint32_t magic;
  uint32_t sequence; /* at least 1; the larger is the newer */
  uint32_t bytes;    /* of the image, with this header */
  uint32_t start;    /* the address that it was linked for */
  uint8_t build[8]; /* the firmware's tinyml_build_id: another one has other kernels, or the same elsewhere */
  uint32_t crc;
  uint32_t header_crc;
  uint32_t zero;
  uint32_t proven; /* SLOT_PROVEN once the host has held its outputs against the reference's */
} slot_header_t;

/* What came of a request; the wire's numbers. */
typedef enum {
  SLOT_OK = 0,
  SLOT_BAD_PLACE = 1, /* no such slot, or no multiple of SLOT_BLOCK */
  SLOT_IN_USE = 2,    /* it runs, or is what a reset would run */
  SLOT_NOT_WHOLE = 3, /* what is in it is damaged, incomplete, for other kernels, or older than what runs */
  SLOT_MEMORY = 4,    /* the memory did not take what was written */
  SLOT_NO_TRIAL = 5,  /* there is nothing on trial that could be kept */
  SLOT_NO_COMMAND = 6,
} slot_status_t;

/* The plan of what runs, never NULL. engine.h has what is asked of it. */
const slot_plan_t *engine_slots_plan(void);

/* The port's part, of the slots' memory, whose pages and addresses model.h has. Erased is all ones; `size` is
 * a multiple of 4, and no word is written more than twice before it is erased. Both return when it is done.
 */
void port_slot_erase(uintptr_t page);
void port_slot_write(uintptr_t to, const uint8_t *from, size_t size);

#endif
