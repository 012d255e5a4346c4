/* aot_move_f32.c: float32 transpose, padding, concatenation. */
#define AOT_ELEMENT float
#define AOT_NAMED(name) name##_f32
#include "aot_move_element.h"
