/* Slots in RAM that start-up leaves alone: they outlive a reset and not the power. For emulated boards
 * without flash that a program could write. */
#include <string.h>

#include "model.h"
#include "slots.h"

void port_slot_erase(uintptr_t page) { memset((void *)page, 0xFF, MODEL_SLOT_PAGE); }

void port_slot_write(uintptr_t to, const uint8_t *from, size_t size) { memcpy((void *)to, from, size); }
