/* aot_conv_image_dsp.h: the first layer of most small vision networks: 3x3 convolution of one channel, stride
 * 1, then 2x2 max-pool, on dual 16-bit multiply-accumulates.
 *
 * A pool window needs a patch of 4x4 pixels: two words a row. Each of them is used by up to four of the
 * window's accumulators, with the channel's nine weights held in six registers over a whole row of windows:
 * (w00, w01), (w01, w02) and so on, the pairs that the left and the right position of the window meet.
 */
#ifndef AOT_CONV_IMAGE_DSP_H
#define AOT_CONV_IMAGE_DSP_H

#include "aot_conv_dsp.h"

#if AOT_HAS_DSP
/* 48 instructions a window. a, b, c, d are the accumulators upper left, upper right, lower left, lower right;
 * p and q the two words of a row. LOOKUP is empty, or a load from the table. */
#define AOT_IMAGE_ROW(LOOKUP)                                                                     \
  __asm__ volatile(                                                                               \
      "0:\n\t"                                                                                    \
      "ldrd %[p], %[q], [%[x]], #4\n\t"                                                           \
      "smuad %[a], %[l0], %[p]\n\tsmulbt %[b], %[l0], %[p]\n\t"                                   \
      "smlatb %[a], %[r0], %[q], %[a]\n\tsmlad %[b], %[r0], %[q], %[b]\n\t"                       \
      "ldrd %[p], %[q], [%[x], %[row1]]\n\t"                                                      \
      "smuad %[c], %[l0], %[p]\n\tsmulbt %[d], %[l0], %[p]\n\t"                                   \
      "smlatb %[c], %[r0], %[q], %[c]\n\tsmlad %[d], %[r0], %[q], %[d]\n\t"                       \
      "smlad %[a], %[l1], %[p], %[a]\n\tsmlabt %[b], %[l1], %[p], %[b]\n\t"                       \
      "smlatb %[a], %[r1], %[q], %[a]\n\tsmlad %[b], %[r1], %[q], %[b]\n\t"                       \
      "ldrd %[p], %[q], [%[x], %[row2]]\n\t"                                                      \
      "smlad %[c], %[l1], %[p], %[c]\n\tsmlabt %[d], %[l1], %[p], %[d]\n\t"                       \
      "smlatb %[c], %[r1], %[q], %[c]\n\tsmlad %[d], %[r1], %[q], %[d]\n\t"                       \
      "smlad %[a], %[l2], %[p], %[a]\n\tsmlabt %[b], %[l2], %[p], %[b]\n\t"                       \
      "smlatb %[a], %[r2], %[q], %[a]\n\tsmlad %[b], %[r2], %[q], %[b]\n\t"                       \
      "ldrd %[p], %[q], [%[x], %[row3]]\n\t"                                                      \
      "smlad %[c], %[l2], %[p], %[c]\n\tsmlabt %[d], %[l2], %[p], %[d]\n\t"                       \
      "smlatb %[c], %[r2], %[q], %[c]\n\tsmlad %[d], %[r2], %[q], %[d]\n\t"                       \
      "cmp %[a], %[b]\n\tit lt\n\tmovlt %[a], %[b]\n\t"                                           \
      "cmp %[a], %[c]\n\tit lt\n\tmovlt %[a], %[c]\n\t"                                           \
      "cmp %[a], %[d]\n\tit lt\n\tmovlt %[a], %[d]\n\t"                                           \
      "ldrd %[b], %[c], %[first]\n\tldrd %[d], %[p], %[second]\n\tldr %[q], %[end]\n\t"           \
      "add %[a], %[a], %[b]\n\tadd %[d], %[d], %[a], asr #31\n\t"                                 \
      "smmlar %[a], %[a], %[c], %[d]\n\tssat %[a], #8, %[a], asr %[shift]\n\t" LOOKUP             \
      "strb %[a], [%[out]], %[step]\n\tcmp %[x], %[q]\n\tbne 0b"                                  \
      : [x] "+r"(x), [out] "+r"(output), [a] "=&r"(a), [b] "=&r"(b), [c] "=&r"(c), [d] "=&r"(d),  \
        [p] "=&r"(p), [q] "=&r"(q)                                                                \
      : [l0] "r"(left0), [r0] "r"(right0), [l1] "r"(left1), [r1] "r"(right1), [l2] "r"(left2),    \
        [r2] "r"(right2), [first] "m"(first), [second] "m"(second), [end] "m"(end),               \
        [row1] "i"(2 * l->pitch - 4), [row2] "i"(4 * l->pitch - 4), [row3] "i"(6 * l->pitch - 4), \
        [shift] "i"(shift), [step] "i"(l->out_c)                                                  \
      : "cc", "memory")
#endif

/* One row of windows of one channel; `x` is the first of four widened rows. */
AOT_INLINE void aot_image_row_dsp(const aot_conv_dsp_t *l, uint32_t channel, const int16_t *x,
                                  int8_t *output) {
  const uint32_t *w = (const uint32_t *)aot_opaque(l->weights + 6 * channel);
  const aot_channel_dsp_t *constants = (const aot_channel_dsp_t *)aot_opaque(l->channels + channel);
  const uint8_t shift = l->shift[channel];
  const int8_t *table = l->table == NULL ? NULL : l->table + 128;
  const int16_t *end = x + 2 * l->out_w;
  const uint32_t left0 = w[0], right0 = w[1], left1 = w[2], right1 = w[3], left2 = w[4], right2 = w[5];
#if AOT_HAS_DSP
  /* What a window needs after its sums, in memory, to be loaded when the registers are free: bias and
   * multiplier, offset and table. */
  const uint64_t first = (uint32_t)constants->bias | ((uint64_t)(uint32_t)constants->multiplier << 32);
  const uint64_t second = (uint32_t)constants->offset | ((uint64_t)(uintptr_t)table << 32);
  int32_t a, b, c, d;
  uint32_t p, q;
  if (l->table != NULL) {
    AOT_IMAGE_ROW("ldrsb %[a], [%[p], %[a]]\n\t");
  } else {
    AOT_IMAGE_ROW("");
  }
#else
  for (; x != end; x += 2, output += l->out_c) {
    int32_t most = INT32_MIN;
    for (uint32_t py = 0; py < 2; ++py) {
      const int16_t *upper = x + py * l->pitch, *middle = upper + l->pitch, *lower = middle + l->pitch;
      int32_t left = aot_smlad(left0, aot_word(upper), aot_smlatb(right0, aot_word(upper + 2), 0));
      left = aot_smlad(left1, aot_word(middle), aot_smlatb(right1, aot_word(middle + 2), left));
      left = aot_smlad(left2, aot_word(lower), aot_smlatb(right2, aot_word(lower + 2), left));
      int32_t right = aot_smlabt(left0, aot_word(upper), aot_smlad(right0, aot_word(upper + 2), 0));
      right = aot_smlabt(left1, aot_word(middle), aot_smlad(right1, aot_word(middle + 2), right));
      right = aot_smlabt(left2, aot_word(lower), aot_smlad(right2, aot_word(lower + 2), right));
      most = aot_max(most, aot_max(left, right));
    }
    most += constants->bias;
    const int32_t scaled =
        aot_high_multiply_add(most, constants->multiplier, constants->offset + (most >> 31));
    const int32_t value = aot_saturate_s8(scaled >> shift);
    *output = table != NULL ? table[value] : (int8_t)value;
  }
#endif
}

AOT_INLINE void aot_conv_image_dsp(const aot_conv_dsp_t *l, const int8_t *input, int16_t *rows,
                                   int8_t *output) {
  for (uint16_t y = 0; y < l->out_h; ++y, output += l->out_w * l->out_c) {
    aot_advance_rows(l, input, rows, y);
#pragma GCC unroll 8
    for (uint32_t channel = 0; channel < l->out_c; ++channel)
      aot_image_row_dsp(l, channel, rows, output + channel);
  }
}

#endif
