/* Every cut of three updates in a row, in slots.c on memory that behaves as flash does: an erasure or a word
 * that power is taken from may be done in part. After each cut the board starts anew; prints what it then
 * runs and how many cuts there were, or what went wrong. */
#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build_info.h"
#include "crc32.h"
#include "model.h"
#include "slots.h"
#include "wire.h"

uint32_t slot_fake[SLOT_COUNT * MODEL_SLOT_BYTES / 4];
const slot_plan_t model_plan;
const uint8_t tinyml_build_id[WIRE_BUILD_ID_BYTES] = {1, 2, 3, 4, 5, 6, 7, 8};

enum { IMAGE_BYTES = 3 * MODEL_SLOT_PAGE / 2 + 20 };

static jmp_buf off;
static long left = -1; /* operations until the power goes; -1: never */
static unsigned torn;  /* how much of the last one is done: 0 nothing, 1 and 2 parts, 3 all */
static uint8_t writes[sizeof slot_fake / 4];

static void fail(const char *what) {
  printf("FAILED: %s\n", what);
  exit(1);
}

static bool goes_now(void) { return left >= 0 && left-- == 0; }

void port_slot_erase(uintptr_t page) {
  const size_t at = page - (uintptr_t)slot_fake;
  if (page < (uintptr_t)slot_fake || at % MODEL_SLOT_PAGE || at >= sizeof slot_fake) fail("erased elsewhere");
  const bool goes = goes_now();
  const size_t first = goes && torn == 2 ? MODEL_SLOT_PAGE / 2 : 0;
  size_t size = MODEL_SLOT_PAGE;
  if (goes && torn == 0) size = 0;
  if (goes && (torn == 1 || torn == 2)) size = MODEL_SLOT_PAGE / 2;
  memset((uint8_t *)slot_fake + at + first, 0xFF, size);
  memset(writes + at / 4, 0, MODEL_SLOT_PAGE / 4);
  if (goes) longjmp(off, 1);
}

void port_slot_write(uintptr_t to, const uint8_t *from, size_t size) {
  if (to % 4 || size % 4) fail("no whole words");
  for (size_t at = 0; at < size; at += 4) {
    uint32_t word;
    memcpy(&word, from + at, 4);
    const size_t place = (to + at - (uintptr_t)slot_fake) / 4;
    if (++writes[place] > 2) fail("a word written a third time");
    const bool goes = goes_now();
    if (goes && torn == 0) longjmp(off, 1);
    if (goes && torn == 1) word |= 0xFFFF0000u;
    if (goes && torn == 2) word |= 0x00FF00FFu;
    slot_fake[place] &= word;
    if (goes) longjmp(off, 1);
  }
}

static uint32_t crc_of(const uint8_t *from, size_t size) {
  uint32_t crc = CRC32_INIT;
  while (size--) crc = tinyml_crc32_update(crc, *from++);
  return ~crc;
}

/* Network number `number`, for a slot. */
static void make(uint8_t *image, uint8_t number, uint8_t slot) {
  slot_header_t header = {
      .magic = SLOT_MAGIC, .sequence = number, .bytes = IMAGE_BYTES, .proven = 0xFFFFFFFFu};
  header.start = (uint32_t)(MODEL_SLOT_START + (slot - 1u) * MODEL_SLOT_BYTES);
  memcpy(header.build, tinyml_build_id, sizeof header.build);
  for (size_t at = SLOT_HEADER_BYTES; at < IMAGE_BYTES; ++at) image[at] = (uint8_t)(at * 7u + number);
  header.crc = crc_of(image + SLOT_HEADER_BYTES, IMAGE_BYTES - SLOT_HEADER_BYTES);
  header.header_crc = crc_of((const uint8_t *)&header, offsetof(slot_header_t, header_crc));
  memcpy(image, &header, sizeof header);
}

static uint8_t kept(void) { return engine_slots_do(WIRE_SLOT_TELL, 0).kept; }

static void update(uint8_t number) {
  const uint8_t slot = kept() == 1 ? 2 : 1;
  uint8_t image[(IMAGE_BYTES / SLOT_BLOCK + 1) * SLOT_BLOCK];
  memset(image, 0xFF, sizeof image);
  make(image, number, slot);
  for (uint32_t at = 0; at < IMAGE_BYTES; at += SLOT_BLOCK) {
    const uint32_t place = (slot - 1u) * MODEL_SLOT_BYTES + at;
    if (engine_slots_write(place, image + at).status) fail("a block was refused");
    /* The answer was lost: it is sent again. */
    if (at % MODEL_SLOT_PAGE && engine_slots_write(place, image + at).status)
      fail("a block was refused that was sent again");
    if (kept() && engine_slots_write((2u - slot) * MODEL_SLOT_BYTES, image).status != SLOT_IN_USE)
      fail("what runs was written");
  }
  if (engine_slots_do(WIRE_SLOT_TRY, slot).status) fail("the trial was refused");
  if (engine_slots_do(WIRE_SLOT_KEEP, 0).status) fail("it was not kept");
}

/* The network that runs: 0 the one that was built in. */
static uint8_t runs(void) {
  const slot_plan_t *plan = engine_slots_plan();
  if (plan == &model_plan) return 0;
  const uint8_t *bytes = (const uint8_t *)plan;
  const uint8_t number = (uint8_t)(bytes[0] - SLOT_HEADER_BYTES * 7u);
  for (size_t at = SLOT_HEADER_BYTES; at < IMAGE_BYTES; ++at) {
    if (bytes[at - SLOT_HEADER_BYTES] != (uint8_t)(at * 7u + number)) fail("half a network runs");
  }
  return number;
}

/* A board on which networks 1 to `last` were kept, one after the other. */
static void fresh(uint8_t last) {
  left = -1;
  memset(slot_fake, 0xFF, sizeof slot_fake);
  memset(writes, 0, sizeof writes);
  engine_slots_choose();
  for (uint8_t number = 1; number <= last; ++number) update(number);
  engine_slots_choose();
  if (runs() != last) fail("an update is not what runs");
}

static volatile long cuts, newer;

int main(void) {
  for (uint8_t old = 0; old < 3; ++old) {
    for (torn = 0; torn < 4; ++torn) {
      for (volatile long at = 0;; ++at) {
        fresh(old);
        left = at;
        if (setjmp(off) == 0) {
          update((uint8_t)(old + 1u));
          break; /* the power did not go any more */
        }
        left = -1;
        engine_slots_choose();
        const uint8_t now = runs();
        ++cuts;
        if (now == old + 1u && torn == 3) {
          ++newer; /* only the very last word may do that */
        } else if (now != old) {
          fail("another network runs than the one that was proven");
        }
        update((uint8_t)(now + 1u)); /* and the next update goes through */
        engine_slots_choose();
        if (runs() != now + 1u) fail("an update after a cut is not what runs");
      }
    }
  }
  printf("%ld cuts, %ld of them after the last word\n", cuts, newer);
  return 0;
}
