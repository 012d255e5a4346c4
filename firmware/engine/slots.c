#include "slots.h"

#include <stdbool.h>
#include <string.h>

#include "build_info.h"
#include "crc32.h"
#include "model.h"
#include "wire.h"

_Static_assert(sizeof(slot_header_t) == SLOT_HEADER_BYTES, "the host writes it");
_Static_assert(MODEL_SLOT_PAGE % SLOT_BLOCK == 0 && MODEL_SLOT_BYTES % MODEL_SLOT_PAGE == 0,
               "whole pages, of whole blocks");

static uint8_t running, kept; /* 0: the network that was built in */

static uintptr_t address_of(uint8_t slot) { return MODEL_SLOT_START + (slot - 1u) * MODEL_SLOT_BYTES; }

static const slot_header_t *header_of(uint8_t slot) { return (const slot_header_t *)address_of(slot); }

static uint32_t crc_of(const uint8_t *from, size_t size) {
  uint32_t crc = CRC32_INIT;
  while (size--) crc = tinyml_crc32_update(crc, *from++);
  return ~crc;
}

/* Its image is undamaged, and for this firmware and this place. */
static bool is_whole(uint8_t slot) {
  const slot_header_t *header = header_of(slot);
  const uint8_t *bytes = (const uint8_t *)header;
  return header->magic == SLOT_MAGIC &&
         header->header_crc == crc_of(bytes, offsetof(slot_header_t, header_crc)) &&
         header->start == (uint32_t)address_of(slot) && header->bytes <= MODEL_SLOT_BYTES &&
         header->bytes >= SLOT_HEADER_BYTES + sizeof(slot_plan_t) &&
         memcmp(header->build, tinyml_build_id, sizeof header->build) == 0 &&
         header->crc == crc_of(bytes + SLOT_HEADER_BYTES, header->bytes - SLOT_HEADER_BYTES);
}

static uint32_t sequence_of_kept(void) { return kept ? header_of(kept)->sequence : 0; }

void engine_slots_choose(void) {
  kept = 0;
  for (uint8_t slot = 1; slot <= SLOT_COUNT; ++slot) {
    const slot_header_t *header = header_of(slot);
    if (header->proven == SLOT_PROVEN && header->sequence > sequence_of_kept() && is_whole(slot)) kept = slot;
  }
  running = kept;
}

const slot_plan_t *engine_slots_plan(void) {
  return running ? (const slot_plan_t *)(address_of(running) + SLOT_HEADER_BYTES) : &model_plan;
}

const uint8_t *engine_slots_model(void) { return engine_slots_plan()->model_sha256; }

static slot_status_t write_block(uint32_t place, const uint8_t *block) {
  if (place % SLOT_BLOCK || place >= SLOT_COUNT * MODEL_SLOT_BYTES) return SLOT_BAD_PLACE;
  const uint8_t slot = (uint8_t)(1u + place / MODEL_SLOT_BYTES);
  if (slot == kept || slot == running) return SLOT_IN_USE;
  const uintptr_t to = MODEL_SLOT_START + place;
  if (place % MODEL_SLOT_PAGE == 0) {
    port_slot_erase(to);
  } else if (memcmp((const void *)to, block, SLOT_BLOCK) == 0) {
    return SLOT_OK; /* sent again: the answer was lost */
  }
  port_slot_write(to, block, SLOT_BLOCK);
  return memcmp((const void *)to, block, SLOT_BLOCK) == 0 ? SLOT_OK : SLOT_MEMORY;
}

static slot_status_t try_slot(uint8_t slot) {
  if (slot == 0 || slot > SLOT_COUNT) return SLOT_BAD_PLACE;
  if (slot == kept) return SLOT_IN_USE;
  if (header_of(slot)->sequence <= sequence_of_kept() || !is_whole(slot)) return SLOT_NOT_WHOLE;
  running = slot;
  return SLOT_OK;
}

static slot_status_t keep(void) {
  static const uint32_t proven = SLOT_PROVEN;
  if (running == kept) return SLOT_NO_TRIAL;
  if (!is_whole(running)) return SLOT_NOT_WHOLE;
  const slot_header_t *header = header_of(running);
  if (header->proven != SLOT_PROVEN) {
    port_slot_write((uintptr_t)&header->proven, (const uint8_t *)&proven, sizeof proven);
  }
  if (header->proven != SLOT_PROVEN) return SLOT_MEMORY;
  kept = running;
  return SLOT_OK;
}

static engine_slots_t told(slot_status_t status) {
  return (engine_slots_t){(uint8_t)status, running, kept, sequence_of_kept()};
}

engine_slots_t engine_slots_write(uint32_t place, const uint8_t *block) {
  return told(write_block(place, block));
}

engine_slots_t engine_slots_do(uint8_t command, uint8_t slot) {
  switch (command) {
    case WIRE_SLOT_TELL:
      return told(SLOT_OK);
    case WIRE_SLOT_TRY:
      return told(try_slot(slot));
    case WIRE_SLOT_KEEP:
      return told(keep());
    case WIRE_SLOT_LEAVE:
      running = kept;
      return told(SLOT_OK);
    default:
      return told(SLOT_NO_COMMAND);
  }
}
