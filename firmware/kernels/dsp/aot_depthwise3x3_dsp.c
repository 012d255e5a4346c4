/* aot_depthwise3x3_dsp.c: see the header. A column is [channel][2]: its rows 0 and 1 as a pair, and rows 2
 * and 3. */
#include "aot_depthwise3x3_dsp.h"

/* What a pass over the columns of four channels needs. */
typedef struct {
  uint32_t below;    /* bytes from an output to the one below it; 0: there is none, it is overwritten */
  uint32_t channels; /* from an output to the next one */
  const int8_t *table;
  uint32_t bytes; /* of the columns where outputs begin */
} aot_pass3x3_t;

/* Two rows of four channels as pairs, every second word. */
AOT_INLINE void interleave(uint32_t upper, uint32_t lower, uint32_t *to) {
  const uint32_t even = aot_bytes_even(upper), odd = aot_bytes_odd(upper);
  const uint32_t even_below = aot_bytes_even(lower), odd_below = aot_bytes_odd(lower);
  to[0] = aot_pack_low(even, even_below);
  to[2] = aot_pack_low(odd, odd_below);
  to[4] = aot_pack_high(even, even_below);
  to[6] = aot_pack_high(odd, odd_below);
}

/* Four channels of the rows that output rows y and y + 1 read. */
static void widen(const aot_depthwise3x3_dsp_t *l, const int8_t *input, int32_t y, uint32_t *to) {
  const uint8_t *at[4];
  uint32_t step[4];
  for (int32_t r = 0; r < 4; ++r) {
    const int32_t row = y - l->pad_top + r;
    const bool in = row >= 0 && row < l->in_h;
    at[r] =
        in ? (const uint8_t *)input + (uint32_t)row * l->in_w * l->channels : (const uint8_t *)&l->outside;
    step[r] = in ? l->channels : 0;
  }
  uint32_t left = (uint32_t)l->out_w + 2;
  for (uint32_t i = 0; i < l->pad_left && left > 0; ++i, --left, to += 8) {
    interleave(l->outside, l->outside, to);
    interleave(l->outside, l->outside, to + 1);
  }
  for (uint32_t x = 0; x < l->in_w && left > 0; ++x, --left, to += 8) {
    interleave(aot_word(at[0]), aot_word(at[1]), to);
    interleave(aot_word(at[2]), aot_word(at[3]), to + 1);
    for (uint32_t r = 0; r < 4; ++r) at[r] += step[r];
  }
  for (; left > 0; --left, to += 8) {
    interleave(l->outside, l->outside, to);
    interleave(l->outside, l->outside, to + 1);
  }
}

#if AOT_HAS_DSP
/* Four channels. r0 walks through the columns and r1 through the outputs; r3 to r8 are a channel's weights,
 * r12 and lr the sums of both rows. On the stack: bias twice, multiplier, offset, shift, constants; then the
 * pass, columns, output, and how many channels are left. */
#define PASS3X3(name, table)                                                                  \
  static __attribute__((noinline)) void name(const uint32_t *k, const uint32_t *c, int8_t *o, \
                                             const aot_pass3x3_t *p) {                        \
    register const uint32_t *columns __asm__("r0") = c;                                       \
    register int8_t *output __asm__("r1") = o;                                                \
    register const uint32_t *constants __asm__("r2") = k;                                     \
    register const aot_pass3x3_t *pass __asm__("r3") = p;                                     \
    __asm__ volatile(                                                                         \
        "sub sp, sp, #56\n"                                                                   \
        "ldm r3, {r4-r7}\n"                                                                   \
        "strd r4, r5, [sp, #24]\n"                                                            \
        "strd r6, r7, [sp, #32]\n"                                                            \
        "strd r0, r1, [sp, #40]\n"                                                            \
        "mov r4, #4\n"                                                                        \
        "1: str r4, [sp, #48]\n"                                                              \
        "ldm r2!, {r3-r8}\n"                                                                  \
        "ldm r2!, {r10-r12, lr}\n"                                                            \
        "str r10, [sp]\n"                                                                     \
        "str r10, [sp, #4]\n"                                                                 \
        "strd r11, r12, [sp, #8]\n"                                                           \
        "strd lr, r2, [sp, #16]\n"                                                            \
        "ldr r9, [sp, #36]\n"                                                                 \
        "ldrd r0, r1, [sp, #40]\n"                                                            \
        "add r9, r9, r0\n"                                                                    \
        "2: ldrd r12, lr, [sp]\n"                                                             \
        "ldrd r10, r11, [r0], #32\n"                                                          \
        "smlad r12, r10, r3, r12\n"                                                           \
        "smlatb lr, r10, r3, lr\n"                                                            \
        "smlabt r12, r11, r6, r12\n"                                                          \
        "smlad lr, r11, r6, lr\n"                                                             \
        "ldrd r10, r11, [r0]\n"                                                               \
        "smlad r12, r10, r4, r12\n"                                                           \
        "smlatb lr, r10, r4, lr\n"                                                            \
        "smlabt r12, r11, r7, r12\n"                                                          \
        "smlad lr, r11, r7, lr\n"                                                             \
        "ldrd r10, r11, [r0, #32]\n"                                                          \
        "smlad r12, r10, r5, r12\n"                                                           \
        "smlatb lr, r10, r5, lr\n"                                                            \
        "smlabt r12, r11, r8, r12\n"                                                          \
        "smlad lr, r11, r8, lr\n"                                                             \
        "ldrd r10, r11, [sp, #8]\n"                                                           \
        "add r2, r11, r12, asr #31\n"                                                         \
        "smmlar r12, r12, r10, r2\n"                                                          \
        "add r2, r11, lr, asr #31\n"                                                          \
        "smmlar lr, lr, r10, r2\n"                                                            \
        "ldr r2, [sp, #16]\n"                                                                 \
        "asr r12, r12, r2\n"                                                                  \
        "asr lr, lr, r2\n"                                                                    \
        "ssat r12, #8, r12\n"                                                                 \
        "ssat lr, #8, lr\n" table                                                             \
        "ldrd r10, r11, [sp, #24]\n"                                                          \
        "strb lr, [r1, r10]\n"                                                                \
        "strb r12, [r1]\n"                                                                    \
        "add r1, r1, r11\n"                                                                   \
        "cmp r0, r9\n"                                                                        \
        "bne 2b\n"                                                                            \
        "ldrd r0, r1, [sp, #40]\n"                                                            \
        "add r0, r0, #8\n"                                                                    \
        "add r1, r1, #1\n"                                                                    \
        "strd r0, r1, [sp, #40]\n"                                                            \
        "ldr r2, [sp, #20]\n"                                                                 \
        "ldr r4, [sp, #48]\n"                                                                 \
        "subs r4, r4, #1\n"                                                                   \
        "bne 1b\n"                                                                            \
        "add sp, sp, #56\n"                                                                   \
        : "+r"(columns), "+r"(output), "+r"(constants), "+r"(pass)                            \
        :                                                                                     \
        : "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory");     \
  }
PASS3X3(plain, "")
PASS3X3(with_table, "ldr r10, [sp, #32]\nldrsb r12, [r10, r12]\nldrsb lr, [r10, lr]\n")
#else
static void plain(const uint32_t *k, const uint32_t *columns, int8_t *output, const aot_pass3x3_t *p) {
  for (uint32_t channel = 0; channel < 4; ++channel, k += 10) {
    for (uint32_t x = 0; x < p->bytes / 32; ++x) {
      const uint32_t *column = columns + 8 * x + 2 * channel;
      int32_t sums[2] = {(int32_t)k[6], (int32_t)k[6]};
      for (uint32_t i = 0; i < 3; ++i, column += 8) {
        sums[0] = aot_smlad(column[0], k[i], sums[0]) + aot_low(column[1]) * aot_high(k[3 + i]);
        sums[1] = aot_smlad(column[1], k[3 + i], sums[1]) + aot_high(column[0]) * aot_low(k[i]);
      }
      int8_t *to = output + x * p->channels + channel;
      for (uint32_t row = 2; row-- > 0;) {
        const int32_t offset = (int32_t)k[8] + (sums[row] >> 31);
        const int32_t value =
            aot_saturate_s8(aot_high_multiply_add(sums[row], (int32_t)k[7], offset) >> k[9]);
        to[row * p->below] = p->table != NULL ? p->table[value] : (int8_t)value;
      }
    }
  }
}
#define with_table plain
#endif

void aot_depthwise3x3_dsp(const aot_depthwise3x3_dsp_t *l, const int8_t *input, uint32_t *columns,
                          int8_t *output) {
  const uint32_t row_bytes = (uint32_t)l->out_w * l->channels;
  aot_pass3x3_t pass = {row_bytes, l->channels, l->table, 32u * l->out_w};
  for (int32_t y = 0; y < l->out_h; y += 2, output += 2 * row_bytes) {
    const uint32_t *constants = l->constants;
    if (y + 1 == l->out_h) pass.below = 0;
    for (uint32_t next = 0; next < l->channels; next += 4, constants += 40) {
      const uint32_t last = l->channels - 4u, channel = next < last ? next : last;
      widen(l, input + channel, y, columns);
      if (l->table != NULL) {
        with_table(constants, columns, output + channel, &pass);
      } else {
        plain(constants, columns, output + channel, &pass);
      }
    }
  }
}
