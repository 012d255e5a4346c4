/* straighten.h: a digit that leans is set upright by the moments of its ink, before the network reads it. */
#ifndef TINYML_STRAIGHTEN_H
#define TINYML_STRAIGHTEN_H

#include <stdint.h>

enum { STRAIGHTEN_SIDE = 28 };

/* The picture, [28][28], row by row, int8 with zero point -128: a pixel is a value + 128. In place; integers
 * alone, so that every machine has the same bytes. A picture without ink, or with ink in one row only, stays.
 */
void engine_straighten(int8_t *picture);

#endif
