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

/* All of a function is its assembly. GCC would call who counts calls (-finstrument-functions, -pg) even here,
 * and the arguments were lost. */
#define AOT_ASSEMBLY __attribute__((naked, no_instrument_function))

/* The assembly knows where each member is. */
typedef struct {
  const void *taps;       /* [tap][position] */
  const uint32_t *stream; /* of each channel: bias << 5 | right shift, multiplier, weights */
  int8_t *output;
  uint32_t stride;               /* from one position's output to the next one's */
  uint32_t steps;                /* of products: taps / 8. Of a depthwise layer: bytes of `taps` */
  int32_t zero;                  /* 2 * the output's zero point + 1 */
  const uint32_t *end;           /* of the stream */
  uint32_t words;                /* a channel's part of the stream, in bytes */
  int32_t start[4];              /* what each position's sums begin from beside the bias; of products */
  uint32_t channel;              /* its number; of a depthwise layer */
  int32_t low, high;             /* the clamp */
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

/* Sums of one channel, of the weights behind the first two words of its `stream`. Products: of what windows
 * read, 128 more than it is, and of weights that are so too, 8 * steps; four positions as words, as bytes, or
 * one as bytes. Places: of what is where a depthwise layer's windows read, and of signed weights, a multiple
 * of three; four positions or one. The assembly is not to be called. */
typedef void aot_armv6m_sums_t(const aot_armv6m_t *run, const uint32_t *stream, uint32_t channel,
                               int32_t *sums);
aot_armv6m_sums_t aot_armv6m_words, aot_armv6m_bytes, aot_armv6m_products, aot_armv6m_places,
    aot_armv6m_place;

/* All channels' sums at four positions or at one, scaled, clamped and stored. */
void aot_armv6m_four(const aot_armv6m_t *run, aot_armv6m_sums_t *sums);
void aot_armv6m_one(const aot_armv6m_t *run, aot_armv6m_sums_t *sums);

/* The products of four positions. A layer names the one that it takes, so that the other is not linked. */
typedef void aot_armv6m_run_t(const aot_armv6m_t *run);
aot_armv6m_run_t aot_armv6m_by_words, aot_armv6m_by_bytes;

/* What follows the clamp, if anything does. */
static inline void aot_armv6m_look_up(const int8_t *table, int8_t *output, uint32_t count) {
  for (uint32_t i = 0; table != NULL && i < count; ++i) output[i] = table[128 + output[i]];
}

#if !AOT_HAS_ARMV6M
/* The sum scaled and clamped, by the assembly's steps. */
static inline int8_t aot_armv6m_scaled(const aot_armv6m_t *r, const uint32_t *stream, int32_t sum) {
  if (((sum < 0 ? ~sum : sum) >> 20) != 0) return (int8_t)(sum < 0 ? r->low : r->high);
  const int32_t multiplier = (int32_t)stream[1], shift = (int32_t)stream[0] & 31;
  const int32_t offset = (int32_t)((uint32_t)r->zero << (shift - 1));
  const int32_t lowest = (sum * (multiplier & 1023)) >> 10;
  const int32_t lower = (lowest + sum * (multiplier >> 10 & 1023)) >> 10;
  const int32_t whole = (((lower + sum * (multiplier >> 20)) >> 10) + 1) >> 1;
  return (int8_t)aot_clamp((whole + offset + (sum >> 31)) >> shift, r->low, r->high);
}

static inline void aot_armv6m_in_c(const aot_armv6m_t *r, aot_armv6m_sums_t *of, uint32_t positions) {
  int8_t *output = r->output;
  uint32_t channel = r->channel;
  for (const uint32_t *stream = r->stream; stream != r->end; stream += r->words / 4, ++output, ++channel) {
    int32_t sums[4];
    of(r, stream, channel, sums);
    for (uint32_t i = 0; i < positions; ++i) {
      const bool cut = sums[i] < 0 && 2 * r->low + 1 == r->zero;
      output[i * r->stride] = cut ? (int8_t)r->low : aot_armv6m_scaled(r, stream, sums[i]);
    }
  }
}
#endif

#endif
