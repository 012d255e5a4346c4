/* aot_move_s8.c: int8 transpose, padding, concatenation. */
#define AOT_ELEMENT int8_t
#define AOT_NAMED(name) name##_s8
#include "aot_move_element.h"
