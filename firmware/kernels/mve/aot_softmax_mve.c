/* aot_softmax_mve.c: see aot_softmax_mve.h. */
#include "aot_softmax_mve.h"

#include "aot_mve.h"

void aot_softmax_mve(const aot_softmax_s8_t *l, const int8_t *input, int8_t *output) {
#if AOT_HAS_MVE
  const int32x4_t largest = vdupq_n_s32(UINT8_MAX);
  for (uint32_t row = 0; row < l->rows; ++row, input += l->depth) {
    const int8_t *x = input;
    int32_t most = INT8_MIN;
    register int32_t sum __asm__("r0") = 0; /* even, as VADDVA wants it */
    __asm__ volatile(
        "wlstp.8 lr, %[depth], 2f\n"
        "1:\n\tvldrb.8 q0, [%[x]], #16\n\tvmaxv.s8 %[most], q0\n\tletp lr, 1b\n"
        "2:"
        : [x] "+r"(x), [most] "+r"(most)
        : [depth] "r"((uint32_t)l->depth)
        : "lr", "q0", "memory");
    x = input;
    /* A difference that has no entry loads 0. */
    __asm__ volatile(
        "vdup.32 q1, %[most]\n\twlstp.32 lr, %[depth], 2f\n"
        "1:\n\tvldrb.s32 q0, [%[x]], #4\n\tvsub.i32 q0, q1, q0\n\tvpt.s32 lt, q0, %[entries]\n\t"
        "vldrwt.u32 q2, [%[table], q0, uxtw #2]\n\tvrshr.s32 q2, q2, #12\n\tvaddva.s32 %[sum], q2\n\tletp "
        "lr, 1b\n"
        "2:"
        : [x] "+l"(x), [sum] "+r"(sum)
        : [most] "r"(most), [depth] "r"((uint32_t)l->depth), [entries] "r"((int32_t)l->entries),
          [table] "r"(l->exponentials)
        : "lr", "q0", "q1", "q2", "cc", "memory");
    int exponent;
    const int32_t scale = aot_softmax_scale(sum, &exponent);
    x = input;
    __asm__ volatile(
        "vdup.32 q1, %[most]\n\twlstp.32 lr, %[depth], 2f\n"
        "1:\n\tvldrb.s32 q0, [%[x]], #4\n\tvsub.i32 q0, q1, q0\n\tvpt.s32 lt, q0, %[entries]\n\t"
        "vldrwt.u32 q2, [%[table], q0, uxtw #2]\n\tvqrdmulh.s32 q2, q2, %[scale]\n\tvrshl.s32 q2, %[left]\n\t"
        "vmin.s32 q2, q2, %q[largest]\n\tvadd.i32 q2, q2, %[zero]\n\tvstrb.32 q2, [%[to]], #4\n\tletp lr, "
        "1b\n"
        "2:"
        : [x] "+l"(x), [to] "+l"(output)
        : [most] "r"(most), [depth] "r"((uint32_t)l->depth), [entries] "r"((int32_t)l->entries),
          [table] "r"(l->exponentials), [scale] "r"(scale), [left] "r"(-exponent), [largest] "w"(largest),
          [zero] "r"(INT8_MIN)
        : "lr", "q0", "q1", "q2", "cc", "memory");
    output += (int32_t)l->depth - (((int32_t)l->depth + 3) / 4 * 4);
  }
#else
  aot_softmax_s8(l, input, output);
#endif
}
