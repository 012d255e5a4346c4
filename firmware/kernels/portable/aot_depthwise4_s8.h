/* aot_depthwise4_s8.h: as aot_depthwise_s8(), four positions and four channels at a time, which share where a
 * tap reads, its weights, and a channel's scale.
 */
#ifndef AOT_DEPTHWISE4_S8_H
#define AOT_DEPTHWISE4_S8_H

#include "aot_depthwise.h"

/* Shifts are as aot_scale_s8.h takes them. Four positions, which may lie in several rows, are read and
 * written at once. */
void aot_depthwise4_s8(const aot_depthwise_s8_t *layer, const int8_t *input, int8_t *output);

#endif
