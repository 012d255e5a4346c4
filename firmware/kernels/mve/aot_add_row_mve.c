/* aot_add_row_mve.c: see aot_add_row_mve.h. */
#include "aot_add_row_mve.h"

#include "aot_mve.h"

#if AOT_HAS_MVE
enum { MOST = 256 }; /* bytes whose sum is an int16 */

/* Sixteen channels. Even and odd ones are summed apart, as int16; narrowed twice, they are every fourth,
 * which is how VLD4 and VST4 have them. */
static void add(uint32_t width, uint32_t channels, const int8_t *x, int32_t *sums) {
  for (uint32_t count; width > 0; width -= count) {
    count = width < MOST ? width : MOST;
    __asm__ volatile(
        "vmov.i32 q4, #0\n\tvmov.i32 q5, #0\n\tdls lr, %[count]\n"
        "1:\n\t"
        "vldrb.8 q0, [%[x]]\n\tadd %[x], %[channels]\n\t"
        "vmovlb.s8 q1, q0\n\tvadd.i16 q4, q4, q1\n\tvmovlt.s8 q1, q0\n\tvadd.i16 q5, q5, q1\n\tle lr, 1b\n\t"
        "vld40.32 {q0, q1, q2, q3}, [%[sums]]\n\tvld41.32 {q0, q1, q2, q3}, [%[sums]]\n\t"
        "vld42.32 {q0, q1, q2, q3}, [%[sums]]\n\tvld43.32 {q0, q1, q2, q3}, [%[sums]]\n\t"
        "vmovlb.s16 q6, q4\n\tvadd.i32 q0, q0, q6\n\tvmovlb.s16 q6, q5\n\tvadd.i32 q1, q1, q6\n\t"
        "vmovlt.s16 q6, q4\n\tvadd.i32 q2, q2, q6\n\tvmovlt.s16 q6, q5\n\tvadd.i32 q3, q3, q6\n\t"
        "vst40.32 {q0, q1, q2, q3}, [%[sums]]\n\tvst41.32 {q0, q1, q2, q3}, [%[sums]]\n\t"
        "vst42.32 {q0, q1, q2, q3}, [%[sums]]\n\tvst43.32 {q0, q1, q2, q3}, [%[sums]]"
        : [x] "+r"(x)
        : [count] "r"(count), [channels] "r"(channels), [sums] "r"(sums)
        : "lr", "q0", "q1", "q2", "q3", "q4", "q5", "q6", "memory");
  }
}
#else
static void add(uint32_t width, uint32_t channels, const int8_t *x, int32_t *sums, uint32_t count) {
  for (; width > 0; --width, x += channels) {
    for (uint32_t channel = 0; channel < count; ++channel) sums[channel] += x[channel];
  }
}
#endif

void aot_add_row_mve(uint32_t width, uint32_t channels, const int8_t *row, int32_t *sums) {
  for (uint32_t first = 0; first < channels; first += 16) {
#if AOT_HAS_MVE
    add(width, channels, row + first, sums + first);
#else
    add(width, channels, row + first, sums + first, channels - first < 16 ? channels - first : 16);
#endif
  }
}

void aot_sum_rows_mve(uint32_t width, uint32_t channels, const int8_t *row, int32_t *sums) {
  for (uint32_t channel = 0; channel < channels; ++channel) sums[channel] = 0;
  aot_add_row_mve(width, channels, row, sums);
}
