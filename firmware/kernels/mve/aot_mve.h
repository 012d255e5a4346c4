/* aot_mve.h: four sums at a time on Armv8.1-M vector instructions (MVE), each step with its meaning in C.
 *
 * On a core without them (the host, where the kernels are tested under sanitizers) the C stands in. Only the
 * vector code reads a few bytes more than it uses, and writes a few more than it owns: the compiler of the
 * network keeps those bytes free (Call.reads_past, Call.writes_past in toolkit/compiler/lower/base.py).
 */
#ifndef AOT_MVE_H
#define AOT_MVE_H

#include <stddef.h>
#include <stdint.h>

#include "aot_dsp.h"

/* Without optimisation GCC has too few registers left for the statements in assembly. */
#if defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 1) && defined(__OPTIMIZE__)
#define AOT_HAS_MVE 1
#include <arm_mve.h>
#else
#define AOT_HAS_MVE 0
#include "aot_requantise.h"
#endif

/* What follows the sums of four channels; a channel that is missing has multiplier 0 and shift -1. */
typedef struct {
  int32_t bias[4];
  int32_t multiplier[4];
  int32_t shift[4]; /* -1 to -31: to the right */
} aot_quad_mve_t;

#if AOT_HAS_MVE
typedef int32x4_t aot_quad_t;

/* Whatever a register holds: for GCC, which does not see that the first turn of a loop writes it. */
AOT_INLINE aot_quad_t aot_quad_any(void) {
  aot_quad_t any;
  __asm__("" : "=w"(any));
  return any;
}

AOT_INLINE aot_quad_t aot_quad_max(aot_quad_t a, aot_quad_t b) { return vmaxq_s32(a, b); }

/* From the sums of four channels to their bytes, one a lane. `table` follows at value + 128, unless it is
 * NULL. In assembly for the offsets: GCC 12 computes the address of every vector that it loads. */
AOT_INLINE aot_quad_t aot_quad_values(const aot_quad_mve_t *quad, int8_t zero, const int8_t *table,
                                      aot_quad_t sums) {
  aot_quad_t other;
  __asm__(
      "vldrw.32 %q[b], [%[quad]]\n\tvadd.i32 %q[a], %q[a], %q[b]\n\t"
      "vldrw.32 %q[b], [%[quad], #16]\n\tvqrdmulh.s32 %q[a], %q[a], %q[b]\n\t"
      "vshr.s32 %q[b], %q[a], #31\n\tvadd.i32 %q[a], %q[a], %q[b]\n\t"
      "vldrw.32 %q[b], [%[quad], #32]\n\tvrshl.s32 %q[a], %q[a], %q[b]\n\t"
      "vadd.i32 %q[a], %q[a], %[zero]\n\tvqshl.s32 %q[a], %q[a], #24\n\tvshr.s32 %q[a], %q[a], #24"
      : [a] "+w"(sums), [b] "=&w"(other)
      : [quad] "r"(quad), [zero] "r"((int32_t)zero), "m"(*quad));
  if (table == NULL) return sums;
  const int8_t *middle = (const int8_t *)aot_opaque(table + 128);
  return vldrbq_gather_offset_s32(middle, vreinterpretq_u32_s32(sums));
}

/* Stores the first `lanes` lanes. Not an intrinsic: GCC 12 takes its masked stores for whole ones, and drops
 * what was stored below a masked lane before. */
#define AOT_STORE_LANES(instruction, size, to, values, lanes)                     \
  __asm__ volatile("vctp." size " %[n]\n\tvpst\n\t" instruction " %q[v], [%[at]]" \
                   :                                                              \
                   : [n] "r"(lanes), [v] "w"(values), [at] "l"(to)                \
                   : "p0", "memory")

/* The bytes of `channels` channels (1 to 4) to memory. */
AOT_INLINE void aot_quad_store(aot_quad_t values, uint32_t channels, int8_t *output) {
  if (channels == 4) {
    vstrbq_s32(output, values);
  } else {
    AOT_STORE_LANES("vstrbt.32", "32", output, values, channels);
  }
}

/* memmove to a lower address, or to memory apart. */
AOT_INLINE void aot_move_mve(int8_t *to, const int8_t *from, uint32_t count) {
  __asm__ volatile(
      "wlstp.8 lr, %[count], 2f\n"
      "1:\n\tvldrb.8 q0, [%[from]], #16\n\tvstrb.8 q0, [%[to]], #16\n\tletp lr, 1b\n"
      "2:"
      : [to] "+r"(to), [from] "+r"(from)
      : [count] "r"(count)
      : "lr", "q0", "memory");
}

AOT_INLINE void aot_fill_mve(int8_t *to, int8_t value, uint32_t count) {
  __asm__ volatile(
      "vdup.8 q0, %[value]\n\twlstp.8 lr, %[count], 2f\n"
      "1:\n\tvstrb.8 q0, [%[to]], #16\n\tletp lr, 1b\n"
      "2:"
      : [to] "+r"(to)
      : [value] "r"((int32_t)value), [count] "r"(count)
      : "lr", "q0", "memory");
}
#else
typedef struct {
  int32_t lane[4];
} aot_quad_t;

AOT_INLINE aot_quad_t aot_quad_any(void) { return (aot_quad_t){{0}}; }

AOT_INLINE aot_quad_t aot_quad_max(aot_quad_t a, aot_quad_t b) {
  for (uint32_t i = 0; i < 4; ++i) a.lane[i] = aot_max(a.lane[i], b.lane[i]);
  return a;
}

/* From a sum to its byte; `lane` says which constants are the channel's. */
AOT_INLINE int8_t aot_lane_value(const aot_quad_mve_t *quad, uint32_t lane, int8_t zero, const int8_t *table,
                                 int32_t sum) {
  const int32_t scaled = aot_requantise(sum + quad->bias[lane], quad->multiplier[lane], quad->shift[lane]);
  const int32_t value = aot_saturate_s8(zero + scaled);
  return table != NULL ? table[128 + value] : (int8_t)value;
}

AOT_INLINE aot_quad_t aot_quad_values(const aot_quad_mve_t *quad, int8_t zero, const int8_t *table,
                                      aot_quad_t sums) {
  for (uint32_t i = 0; i < 4; ++i) sums.lane[i] = aot_lane_value(quad, i, zero, table, sums.lane[i]);
  return sums;
}

AOT_INLINE void aot_quad_store(aot_quad_t values, uint32_t channels, int8_t *output) {
  for (uint32_t i = 0; i < channels; ++i) output[i] = (int8_t)values.lane[i];
}

AOT_INLINE void aot_move_mve(int8_t *to, const int8_t *from, uint32_t count) { memmove(to, from, count); }
AOT_INLINE void aot_fill_mve(int8_t *to, int8_t value, uint32_t count) { memset(to, value, count); }
#endif

#endif
