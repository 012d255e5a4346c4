/* Slots in an nRF52's own flash. Nordic's nRF52840 product specification 1.7, NVMC (4.3): a page of 4 KiB
 * takes up to 85 ms to erase and a word 41 us to write; the processor waits meanwhile, and a word takes two
 * writes between erasures. */
#include <string.h>

#include "slots.h"

#define NVMC(offset) (*(volatile uint32_t *)(0x4001E000u + (offset)))
enum { NVMC_READY = 0x400, NVMC_CONFIG = 0x504, NVMC_ERASEPAGE = 0x508 };
enum { NVMC_READ_ONLY = 0, NVMC_WRITE = 1, NVMC_ERASE = 2 };

static void wait(void) {
  while (!NVMC(NVMC_READY)) {
  }
}

void port_slot_erase(uintptr_t page) {
  NVMC(NVMC_CONFIG) = NVMC_ERASE;
  NVMC(NVMC_ERASEPAGE) = (uint32_t)page;
  wait();
  NVMC(NVMC_CONFIG) = NVMC_READ_ONLY;
}

void port_slot_write(uintptr_t to, const uint8_t *from, size_t size) {
  NVMC(NVMC_CONFIG) = NVMC_WRITE;
  for (size_t at = 0; at < size; at += sizeof(uint32_t)) {
    uint32_t word;
    memcpy(&word, from + at, sizeof word);
    *(volatile uint32_t *)(to + at) = word;
    wait();
  }
  NVMC(NVMC_CONFIG) = NVMC_READ_ONLY;
}
