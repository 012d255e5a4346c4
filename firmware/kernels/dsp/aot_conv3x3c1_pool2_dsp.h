/* aot_conv3x3c1_pool2_dsp.h: the first layer of most small vision networks: 3x3 convolution of one channel
 * without padding, stride 1, then 2x2 max-pool, on dual 16-bit multiply-accumulates; at most 12 output
 * channels.
 *
 * A pool window sees a patch of 4x4 pixels. Two instructions widen a row of it to E = (x0, x2) and O = (x1,
 * x3), so a kernel row is one dual multiplication, by (w0, w2), and a single one, by w1: of E and O for the
 * left position, and of O and E for the right one. Six registers hold three of the four rows, five the
 * weights, and the maximum is kept negated: a sum that starts from it ends as its own lead over the maximum
 * so far, which is clamped at 0 and taken off again.
 */
#ifndef AOT_CONV3X3C1_POOL2_DSP_H
#define AOT_CONV3X3C1_POOL2_DSP_H

#include <stddef.h>

#include "aot_dsp.h"
#include "aot_memory.h"

/* One channel. Weights, bias and offset are scaled as in aot_conv_dsp.h. */
typedef struct {
  uint32_t weights[5]; /* (w00, w02), (w10, w12), (w20, w22), (w01, w11), (w21, 0) */
  int32_t bias, multiplier, offset;
  const int8_t *table; /* at value 0: entries -128 to 127 */
} aot_channel3x3_dsp_t;

typedef struct {
  uint16_t in_w;                /* input columns, at most 1300 */
  uint16_t out_h, out_w, out_c; /* after the pool */
  const aot_channel3x3_dsp_t *channels;
  uint32_t shift_low,
      shift_high; /* right shifts after the multiplication, 5 bits each: of channels 0 to 5, 6 to 11 */
} aot_conv3x3c1_pool2_dsp_t;

#if AOT_HAS_DSP
/* sum = one position: e0 to o2 are its rows' words, swapped for the right position; HALF is b for the left, t
 * for the right position, whose middle pixel is in the low half of O, or in the high half of E. FIRST starts
 * the sum. */
#define AOT_3X3_SUM(FIRST, HALF, e0, e1, e2, o0, o1, o2)                                                    \
  FIRST "smlad lr, r1, " e1 ", lr\n\tsmlad lr, r2, " e2                                                     \
        ", lr\n\t"                                                                                          \
        "smlab" HALF " lr, r3, " o0 ", lr\n\tsmlat" HALF " lr, r3, " o1 ", lr\n\tsmlab" HALF " lr, r4, " o2 \
        ", lr\n\t"
#define AOT_3X3_LEAD(HALF, e0, e1, e2, o0, o1, o2)                           \
  AOT_3X3_SUM("smlad lr, r0, " e0 ", r12\n\t", HALF, e0, e1, e2, o0, o1, o2) \
  "usat lr, #31, lr\n\tsub r12, r12, lr\n\t"
/* Upper rows are r5 r6, r8 r9, r10 r11; lower rows r8 r9, r10 r11, r5 r6, after r5 and r6 were loaded anew.
 */
#define AOT_3X3_UPPER_LEFT "b", "r5", "r8", "r10", "r6", "r9", "r11"
#define AOT_3X3_UPPER_RIGHT "t", "r6", "r9", "r11", "r5", "r8", "r10"
#define AOT_3X3_LOWER_LEFT "b", "r8", "r10", "r5", "r9", "r11", "r6"
#define AOT_3X3_LOWER_RIGHT "t", "r9", "r11", "r6", "r8", "r10", "r5"
#define AOT_3X3_EXPAND(MACRO, ...) MACRO(__VA_ARGS__)
#define AOT_3X3_NEGATED(HALF, e0, e1, e2, o0, o1, o2) \
  AOT_3X3_SUM("smuad lr, r0, " e0 "\n\t", HALF, e0, e1, e2, o0, o1, o2) "rsb r12, lr, #0\n\t"

/* From the patch to one channel's output byte, if there is a channel `at`. Even channels begin with the upper
 * rows and load the last one in between, odd channels go the other way. */
#define AOT_3X3_CHANNEL(at, SHIFTS, PLACE, FIRST, SECOND, ROW, THIRD, FOURTH) \
  ".if %c[channels] > " #at "\n\tldm r7!, {r0-r4}\n\t" AOT_3X3_EXPAND(AOT_3X3_NEGATED, FIRST)                   \
  AOT_3X3_EXPAND(AOT_3X3_LEAD, SECOND) "ldrd r5, r6, [sp, #" ROW "]\n\t"                                         \
  AOT_3X3_EXPAND(AOT_3X3_LEAD, THIRD) AOT_3X3_EXPAND(AOT_3X3_LEAD, FOURTH)                                   \
  "ldm r7!, {r0-r3}\n\tsub r0, r0, r12\n\tadd r2, r2, r0, asr #31\n\tsmmlar r0, r0, r1, r2\n\t"                      \
  "ssat r0, #8, r0, asr #((%c[" SHIFTS "] >> (5 * " #PLACE ")) & 31)\n\t"                                            \
  "ldrsb r0, [r3, r0]\n\tldr r1, [sp, #8]\n\tstrb r0, [r1, #" #at "]\n\t.endif\n\t"
#define AOT_3X3_EVEN(at, SHIFTS, PLACE)                                                                 \
  AOT_3X3_CHANNEL(at, SHIFTS, PLACE, AOT_3X3_UPPER_LEFT, AOT_3X3_UPPER_RIGHT, "24", AOT_3X3_LOWER_LEFT, \
                  AOT_3X3_LOWER_RIGHT)
#define AOT_3X3_ODD(at, SHIFTS, PLACE)                                                                  \
  AOT_3X3_CHANNEL(at, SHIFTS, PLACE, AOT_3X3_LOWER_LEFT, AOT_3X3_LOWER_RIGHT, "16", AOT_3X3_UPPER_LEFT, \
                  AOT_3X3_UPPER_RIGHT)
#endif

AOT_INLINE void aot_conv3x3c1_pool2_dsp(const aot_conv3x3c1_pool2_dsp_t *l, const int8_t *input,
                                        int8_t *output) {
  const uint32_t width = l->in_w;
  for (uint32_t y = 0; y < l->out_h; ++y, input += 2 * width, output += (uint32_t)l->out_w * l->out_c) {
#if AOT_HAS_DSP
    register const int8_t *from __asm__("r0") = input;
    register const int8_t *end __asm__("r1") = input + 2 * l->out_w;
    register int8_t *to __asm__("r2") = output;
    register const aot_channel3x3_dsp_t *channels __asm__("r3") = l->channels;
    /* On the stack: 0 input, 4 its end, 8 output, 16 the patch's first row, 24 its last. */
    __asm__ volatile(
        "sub sp, sp, #32\n\tstrd r0, r1, [sp]\n\tmov r7, r3\n\tmov r12, r0\n"
        "1:\n\tstr r2, [sp, #8]\n\t"
        "ldr r5, [r12]\n\tldr r8, [r12, %[row1]]\n\tldr r10, [r12, %[row2]]\n\tldr r0, [r12, %[row3]]\n\t"
        "sxtb16 r6, r5, ror #8\n\tsxtb16 r5, r5\n\tsxtb16 r9, r8, ror #8\n\tsxtb16 r8, r8\n\t"
        "sxtb16 r11, r10, ror #8\n\tsxtb16 r10, r10\n\tsxtb16 r1, r0, ror #8\n\tsxtb16 r0, r0\n\t"
        "strd r5, r6, [sp, #16]\n\tstrd r0, r1, [sp, #24]\n\t"
        AOT_3X3_EVEN(0, "low", 0) AOT_3X3_ODD(1, "low", 1) AOT_3X3_EVEN(2, "low", 2)
        AOT_3X3_ODD(3, "low", 3) AOT_3X3_EVEN(4, "low", 4) AOT_3X3_ODD(5, "low", 5)
        AOT_3X3_EVEN(6, "high", 0) AOT_3X3_ODD(7, "high", 1) AOT_3X3_EVEN(8, "high", 2)
        AOT_3X3_ODD(9, "high", 3) AOT_3X3_EVEN(10, "high", 4) AOT_3X3_ODD(11, "high", 5)
        "ldrd r12, r3, [sp]\n\tsub r7, r7, #36 * %c[channels]\n\tadd r2, r1, %[channels]\n\tadd r12, r12, #2\n\t"
        "str r12, [sp]\n\tcmp r12, r3\n\tbne 1b\n\tadd sp, sp, #32"
        : "+r"(from), "+r"(end), "+r"(to), "+r"(channels)
        : [row1] "i"(width), [row2] "i"(2 * width), [row3] "i"(3 * width), [channels] "i"(l->out_c),
          [low] "i"(l->shift_low), [high] "i"(l->shift_high)
        : "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory");
#else
    int8_t *to = output;
    for (uint32_t x = 0; x < l->out_w; ++x) {
      for (uint32_t c = 0; c < l->out_c; ++c) {
        const aot_channel3x3_dsp_t *channel = l->channels + c;
        const uint32_t *w = channel->weights;
        int32_t most = INT32_MIN;
        for (uint32_t position = 0; position < 4; ++position) {
          const int8_t *pixel = input + position / 2 * width + 2 * x + position % 2;
          int32_t sum = 0;
          for (uint32_t ky = 0; ky < 3; ++ky, pixel += width) {
            sum += aot_low(w[ky]) * pixel[0] + aot_high(w[ky]) * pixel[2];
            sum += (ky == 1 ? aot_high(w[3]) : aot_low(w[3 + ky / 2])) * pixel[1];
          }
          most = aot_max(most, sum);
        }
        most += channel->bias;
        const uint32_t shift = (c < 6 ? l->shift_low >> 5 * c : l->shift_high >> 5 * (c - 6)) & 31;
        const int32_t scaled =
            aot_high_multiply_add(most, channel->multiplier, channel->offset + (most >> 31));
        *to++ = channel->table[aot_saturate_s8(scaled >> shift)];
      }
    }
#endif
  }
}

#endif
