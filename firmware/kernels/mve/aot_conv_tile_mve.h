/* aot_conv_tile_mve.h: the sums of a convolution or dense layer at one or two positions, for up to four
 * channels.
 *
 * A kernel row is a run of bytes, in the input as in the weights, so sixteen products are one VMLADAVA. Two
 * positions by four channels share their loads: fourteen instructions for 128 multiply-accumulates. A run's
 * last vector reads past it: weights are 0 there. Everything but the pointers must be a constant.
 */
#ifndef AOT_CONV_TILE_MVE_H
#define AOT_CONV_TILE_MVE_H

#include <stdbool.h>

#include "aot_conv.h"
#include "aot_mve.h"

typedef struct {
  aot_tile_shape_t shape;
  bool padded;
  uint32_t pitch;  /* bytes from one row to the next */
  uint32_t run;    /* bytes of one kernel row: kernel width * in_c */
  uint32_t chunks; /* vectors of one kernel row */
  int8_t input_zero, output_zero;
  const int8_t *weights; /* by groups of 4 channels, the last of 1 to 4: [kernel_h][chunks][channel][16] */
  const aot_quad_mve_t *quads;
  const int8_t *table; /* [256], what follows the requantisation, at value + 128; NULL if nothing does */
} aot_conv_mve_t;

#if AOT_HAS_MVE
/* For speed, loops are unrolled, and GCC is to unroll a pool window's tiles: it must not count their lines.
 */
#ifdef __OPTIMIZE_SIZE__
#define AOT_TILE_ASM __asm__ volatile
#define AOT_TURN(chunks) 1
#else
#define AOT_TILE_ASM __asm__ __inline__ volatile
/* Steps in one turn of a loop: a divisor of all. */
#define AOT_TURN(chunks)   \
  ((chunks) % 7 == 0   ? 7 \
   : (chunks) % 6 == 0 ? 6 \
   : (chunks) % 5 == 0 ? 5 \
   : (chunks) % 4 == 0 ? 4 \
   : (chunks) % 3 == 0 ? 3 \
                       : 1)
#endif

/* A product of the vectors `at` (a position's) and v (weights); a tile's first step starts the sum. */
#define AOT_DOT_MVE(sum, at)                    \
  ".if aot_step\n\tvmladava.s8 " sum ", %q[" at \
  "], %q[v]\n\t.else\n\t"                       \
  "vmladav.s8 " sum ", %q[" at "], %q[v]\n\t.endif\n\t"
#define AOT_LANE_MVE(lane, first, second)                                    \
  ".if %c[lanes] > " #lane "\n\tvldrb.8 %q[v], [%[w]], #16\n\t" AOT_DOT_MVE( \
      first, "a") ".if %c[positions] > 1\n\t" AOT_DOT_MVE(second, "b") ".endif\n\t.endif\n\t"
#define AOT_LANES_MVE         \
  AOT_LANE_MVE(0, "r0", "r8") \
  AOT_LANE_MVE(1, "r2", "r10") AOT_LANE_MVE(2, "r4", "r12") AOT_LANE_MVE(3, "r6", "lr")
#define AOT_SUMS_MVE                                                       \
  "vmov %q[a][2], %q[a][0], r0, r4\n\tvmov %q[a][3], %q[a][1], r2, r6\n\t" \
  ".if %c[positions] > 1\n\t"                                              \
  "vmov %q[b][2], %q[b][0], r8, r12\n\tvmov %q[b][3], %q[b][1], r10, lr\n\t.endif"

/* A position's next vector; after a row's last one, on to the next row. */
#define AOT_NEXT_MVE(to, from)                                       \
  ".if (aot_step + 1) %% %c[chunks]\n\tvldrb.8 %q[" to "], [%[" from \
  "]], #16\n\t"                                                      \
  ".elseif %c[skip] < 128\n\tvldrb.8 %q[" to "], [%[" from           \
  "]], %[skip]\n\t.else\n\t"                                         \
  "vldrb.8 %q[" to "], [%[" from "]]\n\taddw %[" from "], %[" from "], %[skip]\n\t.endif\n\t"
#define AOT_UNROLLED_MVE                                                                                     \
  ".set aot_step, 0\n\t.rept %c[steps]\n\t" AOT_NEXT_MVE("a", "x") ".if %c[positions] > 1\n\t" AOT_NEXT_MVE( \
      "b", "y") ".endif\n\t" AOT_LANES_MVE ".set aot_step, aot_step + 1\n\t.endr\n\t" AOT_SUMS_MVE

/* The same in a loop. A loop of LE keeps its count in lr, which is a sum if there are two positions. */
#define AOT_ROLLED_MVE                                                                    \
  "mov r0, #0\n\tmov r2, #0\n\tmov r4, #0\n\tmov r6, #0\n\tmov r8, #0\n\tmov r10, #0\n\t" \
  "mov r12, #0\n\tmov lr, #0\n\tmov %[row], %[rows]\n\t.set aot_step, 1\n"                \
  "1:\n\tmov %[step], %[turns]\n\t.if %c[positions] == 1\n\tdls lr, %[step]\n\t.endif\n"  \
  "2:\n\t.rept %c[unroll]\n\tvldrb.8 %q[a], [%[x]], #16\n\t"                              \
  ".if %c[positions] > 1\n\tvldrb.8 %q[b], [%[y]], #16\n\t.endif\n\t" AOT_LANES_MVE       \
  ".endr\n\t"                                                                             \
  ".if %c[positions] > 1\n\tsubs %[step], #1\n\tbne 2b\n\tadd %[y], %[skip]\n\t.else\n\t" \
  "le lr, 2b\n\t.endif\n\tadd %[x], %[skip]\n\tsubs %[row], #1\n\tbne 1b\n\t" AOT_SUMS_MVE
#endif

/* The sums of `lanes` channels (1 to 4) at `positions` positions (1 or 2, `apart` bytes apart), without bias.
 * Numbers go to the assembly as 32 bits: of a uint8_t GCC makes 128 a -128. */
AOT_INLINE void aot_tile_mve(const aot_conv_mve_t *l, const int8_t *w, const int8_t *x, uint32_t apart,
                             uint32_t positions, uint32_t lanes, aot_quad_t *first, aot_quad_t *second) {
#if AOT_HAS_MVE
  const uint32_t steps = l->shape.kernel_h * l->chunks, next = l->shape.dilation_h * l->pitch;
  const int8_t *y = x + apart;
  aot_quad_t a, b, v;
  if (steps <= 12 && next < 4096) {
    AOT_TILE_ASM(AOT_UNROLLED_MVE
                 : [w] "+r"(w), [x] "+r"(x), [y] "+r"(y), [a] "=&w"(a), [b] "=&w"(b), [v] "=&w"(v)
                 : [steps] "i"(steps), [chunks] "i"(l->chunks), [skip] "i"(next - 16 * (l->chunks - 1)),
                   [positions] "i"(positions), [lanes] "i"(lanes)
                 : "r0", "r2", "r4", "r6", "r8", "r10", "r12", "lr", "cc", "memory");
  } else {
    uint32_t row, step;
    AOT_TILE_ASM(AOT_ROLLED_MVE
                 : [w] "+r"(w), [x] "+r"(x), [y] "+r"(y), [a] "=&w"(a), [b] "=&w"(b), [v] "=&w"(v),
                   [row] "=&r"(row), [step] "=&r"(step)
                 : [unroll] "i"(AOT_TURN(l->chunks)), [turns] "i"(l->chunks / AOT_TURN(l->chunks)),
                   [skip] "r"(next - 16 * l->chunks), [rows] "i"((uint32_t)l->shape.kernel_h),
                   [positions] "i"(positions), [lanes] "i"(lanes)
                 : "r0", "r2", "r4", "r6", "r8", "r10", "r12", "lr", "cc", "memory");
  }
  *first = a;
  if (positions > 1) *second = b;
#else
  for (uint32_t lane = 0; lane < lanes; ++lane) {
    int32_t sums[2] = {0, 0};
    for (uint32_t k = 0; k < l->shape.kernel_h * l->run; ++k) {
      const uint32_t row = k / l->run, at = k % l->run;
      const int8_t weight = w[((row * l->chunks + at / 16) * lanes + lane) * 16 + at % 16];
      const int8_t *element = x + row * l->shape.dilation_h * l->pitch + at;
      for (uint32_t p = 0; p < positions; ++p) sums[p] += weight * element[p * apart];
    }
    first->lane[lane] = sums[0];
    if (positions > 1) second->lane[lane] = sums[1];
  }
#endif
}

#endif
