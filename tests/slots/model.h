/* What a firmware's own has, for slots.c on memory of this computer. */
#ifndef MODEL_H
#define MODEL_H

#include "slots.h"

#define MODEL_SLOT_START ((uintptr_t)slot_fake)
#define MODEL_SLOT_BYTES 2048u
#define MODEL_SLOT_PAGE 512u

extern uint32_t slot_fake[];
extern const slot_plan_t model_plan;

#endif
