/* aot_armv6m.h: all channels at four positions or at one, for the int8 kernels of Armv6-M cores.
 *
 * MULS overwrites a factor, so each product needs one that is freshly loaded. LDM loads four for one
 * instruction: four positions' inputs meet one weight. Sums lie in the high registers, which ADD reaches.
 *
 * There is no long multiplication. Scaling is exact in three products of 32 bits, as -2^20 <= sum < 2^20:
 * with a multiplier m = m2 2^20 + m1 2^10 + m0, what is dropped of a lower product never reaches the result:
 *
 *   (sum m + 2^30) >> 31 = ((((sum m0 >> 10) + sum m1 >> 10) + sum m2 >> 10) + 1) >> 1
 *
 * A sum that has no room there is clamped, as it would be afterwards; so is a negative one before a ReLU. See
 * docs/compiler.md.
 */
#ifndef AOT_ARMV6M_H
#define AOT_ARMV6M_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aot_conv.h"
#include "aot_requantise.h"

#if defined(__ARM_ARCH_ISA_THUMB) && __ARM_ARCH_ISA_THUMB == 1 && defined(__GNUC__) && !defined(__clang__)
#define AOT_HAS_ARMV6M 1
#else
#define AOT_HAS_ARMV6M 0 /* the C beside the assembly stands in */
#endif

/* What the taps are: what four positions' windows read, 128 more than it is, as words or as bytes; what one
 * position's reads, as bytes; where four windows or one of a depthwise layer read channel 0. */
enum { AOT_ARMV6M_WORDS, AOT_ARMV6M_BYTES, AOT_ARMV6M_ONE, AOT_ARMV6M_PLACES, AOT_ARMV6M_PLACES_OF_ONE };

/* The assembly knows where each member is. */
typedef struct {
  const void *taps;       /* [tap][position] */
  const uint32_t *stream; /* of each channel: bias << 5 | right shift, multiplier, weights */
  int8_t *output;
  uint32_t stride;               /* from one position's output to the next one's; 0: there is one position */
  uint32_t steps;                /* of products: taps / 8. Of a depthwise layer: bytes of `taps` */
  int32_t zero;                  /* 2 * the output's zero point + 1 */
  const uint32_t *end;           /* of the stream */
  uint32_t words;                /* a channel's part of the stream, in bytes */
  int32_t start[4];              /* what each position's sums begin from beside the bias; of products */
  uint32_t channel;              /* its number; of a depthwise layer */
  int32_t low, high;             /* the clamp */
  uint32_t kind;                 /* of the taps */
  const int8_t *input, *outside; /* of a depthwise layer, for the C */
} aot_armv6m_t;

/* Where a depthwise tap reads channel 0. */
#if AOT_HAS_ARMV6M
#define AOT_ARMV6M_PLACE(input, offset) ((int32_t)(uintptr_t)(input) + (offset))
#define AOT_ARMV6M_OUTSIDE(pixel) ((int32_t)(uintptr_t)(pixel))
#else
#define AOT_ARMV6M_PLACE(input, offset) ((void)(input), (offset))
#define AOT_ARMV6M_OUTSIDE(pixel) INT32_MIN
#endif

/* Sums of taps and weights, unsigned bytes of which there are 8 * steps; of a depthwise layer, signed ones of
 * which there are a multiple of three. */
void aot_armv6m_channels(const aot_armv6m_t *run);

/* What follows the clamp, if anything does. */
static inline void aot_armv6m_look_up(const int8_t *table, int8_t *output, uint32_t count) {
  for (uint32_t i = 0; table != NULL && i < count; ++i) output[i] = table[128 + output[i]];
}

#endif
