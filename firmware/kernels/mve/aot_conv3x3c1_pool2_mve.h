/* aot_conv3x3c1_pool2_mve.h: the first layer of most small vision networks: 3x3 convolution of one channel
 * without padding, stride 1, then 2x2 max-pool, on vectors.
 *
 * Four input rows are interleaved, so that a patch of 4x4 pixels is one vector, column by column, and a sum
 * is one VMLADAV: sixteen products, those outside the kernel with weight 0. Two patches, one column apart,
 * and two vectors of weights for each channel, one row apart, give the four positions of a pool window; six
 * registers hold the weights of three channels. Sums of three channels are the lanes that are compared and
 * requantised.
 *
 * The table is long enough for everything the sums can reach, so it also adds the zero point and saturates.
 */
#ifndef AOT_CONV3X3C1_POOL2_MVE_H
#define AOT_CONV3X3C1_POOL2_MVE_H

#include "aot_mve.h"

enum { AOT_3X3_GROUP = 3 };

/* Three channels; the fourth lane of `after` is empty. */
typedef struct {
  int8_t weights[2 * AOT_3X3_GROUP][16]; /* [row of the pool window][channel], at column * 4 + row */
  aot_quad_mve_t after;
} aot_group3x3_mve_t;

typedef struct {
  uint16_t in_w;
  uint16_t out_h, out_w; /* after the pool */
  uint16_t out_c;        /* at most 127 */
  const aot_group3x3_mve_t *groups;
  const int8_t *table; /* at value 0 */
} aot_conv3x3c1_pool2_mve_t;

#if AOT_HAS_MVE
/* Rows of `input` to columns[in_w rounded up to 16][4]. */
AOT_INLINE void aot_columns_mve(const int8_t *input, uint32_t width, int8_t *columns) {
  const int8_t *a = input, *b = a + width, *c = b + width, *d = c + width;
  for (uint32_t x = 0; x < width; x += 16) {
    __asm__ volatile(
        "vldrb.8 q0, [%[a]], #16\n\tvldrb.8 q1, [%[b]], #16\n\t"
        "vldrb.8 q2, [%[c]], #16\n\tvldrb.8 q3, [%[d]], #16\n\t"
        "vst40.8 {q0, q1, q2, q3}, [%[to]]\n\tvst41.8 {q0, q1, q2, q3}, [%[to]]\n\t"
        "vst42.8 {q0, q1, q2, q3}, [%[to]]\n\tvst43.8 {q0, q1, q2, q3}, [%[to]]!"
        : [a] "+r"(a), [b] "+r"(b), [c] "+r"(c), [d] "+r"(d), [to] "+r"(columns)
        :
        : "q0", "q1", "q2", "q3", "memory");
  }
}

/* The sums of three channels at two positions, one above the other. */
#define AOT_3X3_SUMS_MVE                                                                                 \
  "vldrw.32 q0, [r1], #4\n\tvmladav.s8 r0, q0, q2\n\tvmladav.s8 r2, q0, q3\n\tvmladav.s8 r4, q0, q4\n\t" \
  "vmladav.s8 r6, q0, q5\n\tvmladav.s8 r8, q0, q6\n\tvmladav.s8 r10, q0, q7\n\t"
#define AOT_3X3_UPPER_MVE(q) "vmov " q "[2], " q "[0], r0, r4\n\tvmov.32 " q "[1], r2\n\t"
#define AOT_3X3_LOWER_MVE(q) "vmov " q "[2], " q "[0], r6, r10\n\tvmov.32 " q "[1], r8\n\t"

/* One row of the output: `masks` before it, and `stores` four lanes. */
#define AOT_3X3_ROW_MVE(masks, stores) \
  __asm__ volatile( \
      "vldrw.32 q2, [r5]\n\tvldrw.32 q3, [r5, #16]\n\tvldrw.32 q4, [r5, #32]\n\t" \
      "vldrw.32 q5, [r5, #48]\n\tvldrw.32 q6, [r5, #64]\n\tvldrw.32 q7, [r5, #80]\n\t" \
      masks "dls lr, %[windows]\n" \
      "1:\n\t" AOT_3X3_SUMS_MVE AOT_3X3_UPPER_MVE("q1") AOT_3X3_LOWER_MVE("q0") \
      "vmax.s32 q1, q1, q0\n\t" AOT_3X3_SUMS_MVE AOT_3X3_UPPER_MVE("q0") "vmax.s32 q1, q1, q0\n\t" \
      AOT_3X3_LOWER_MVE("q0") "vmax.s32 q1, q1, q0\n\t" \
      "vldrw.32 q0, [r5, #96]\n\tvadd.i32 q1, q1, q0\n\tvldrw.32 q0, [r5, #112]\n\tvqrdmulh.s32 q0, q1, q0\n\t" \
      "vshr.s32 q1, q0, #31\n\tvadd.i32 q0, q0, q1\n\tvldrw.32 q1, [r5, #128]\n\tvrshl.s32 q0, q0, q1\n\t" \
      "vldrb.s32 q1, [r7, q0]\n\t" stores "le lr, 1b" \
      : "+r"(from), "+r"(to), "+r"(constants), "+r"(table) \
      : [windows] "r"((uint32_t)l->out_w), [out_c] "i"(l->out_c) \
      : "r0", "r2", "r4", "r6", "r8", "r10", "lr", "q0", "q1", "q2", "q3", "q4", "q5", "q6", "q7", "p0", "cc", "memory")
#endif

/* One row of the output for one group of channels. If it is the only one, the empty lanes' bytes go where the
 * next position's are stored after them; another group's bytes would be there already, and the lanes are
 * masked: they are those without a multiplier. */
AOT_INLINE void aot_row3x3_mve(const aot_conv3x3c1_pool2_mve_t *l, const aot_group3x3_mve_t *group,
                               uint32_t channels, const int8_t *input, const int8_t *columns,
                               int8_t *output) {
#if AOT_HAS_MVE
  (void)channels, (void)input;
  register const int8_t *from __asm__("r1") = columns;
  register int8_t *to __asm__("r3") = output;
  register const aot_group3x3_mve_t *constants __asm__("r5") = group;
  register const int8_t *table __asm__("r7") = l->table;
  if (l->out_c > AOT_3X3_GROUP) {
    AOT_3X3_ROW_MVE("vldrw.32 q0, [r5, #112]\n\tvcmp.i32 ne, q0, zr\n\t",
                    "vpst\n\tvstrbt.32 q1, [r3], %[out_c]\n\t");
  } else {
    AOT_3X3_ROW_MVE("", "vstrb.32 q1, [r3], %[out_c]\n\t");
  }
#else
  (void)columns;
  for (uint32_t x = 0; x < l->out_w; ++x, output += l->out_c) {
    for (uint32_t c = 0; c < channels; ++c) {
      int32_t most = INT32_MIN;
      for (uint32_t position = 0; position < 4; ++position) {
        const int8_t *w = group->weights[position / 2 * AOT_3X3_GROUP + c];
        const int8_t *pixel = input + 2 * x + position % 2;
        int32_t sum = 0;
        for (uint32_t at = 0; at < 12; ++at) sum += w[at] * pixel[at % 4 * l->in_w + at / 4];
        most = aot_max(most, sum);
      }
      const aot_quad_mve_t *after = &group->after;
      output[c] = l->table[aot_requantise(most + after->bias[c], after->multiplier[c], after->shift[c])];
    }
  }
#endif
}

/* input [in_h][in_w] -> output [out_h][out_w][out_c]. `columns` is scratch: 4 times in_w rounded up to 16, a
 * multiple of 4 in address. Reads up to 15 bytes past the input, writes up to 3 past the output if out_c is
 * less than 4. */
AOT_INLINE void aot_conv3x3c1_pool2_mve(const aot_conv3x3c1_pool2_mve_t *l, const int8_t *input,
                                        int8_t *columns, int8_t *output) {
  for (uint32_t y = 0; y < l->out_h; ++y, input += 2 * l->in_w, output += (uint32_t)l->out_w * l->out_c) {
#if AOT_HAS_MVE
    aot_columns_mve(input, l->in_w, columns);
#endif
    const aot_group3x3_mve_t *group = l->groups;
    for (uint32_t c = 0; c < l->out_c; c += AOT_3X3_GROUP, ++group) {
      const uint32_t left = l->out_c - c;
      aot_row3x3_mve(l, group, left < AOT_3X3_GROUP ? left : AOT_3X3_GROUP, input, columns, output + c);
    }
  }
}

#endif
