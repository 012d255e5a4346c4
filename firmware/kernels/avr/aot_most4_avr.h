/* aot_most4_avr.h: defines the innermost function of a convolution with a 2x2 max-pool, for sizes known in
 * advance.
 *
 * To be included once a layer, after #defining what it undefines again:
 *
 *   AOT_NAME        the function's name
 *   AOT_KERNEL_H    rows of the window
 *   AOT_KERNEL_ROW  bytes of one row of it: its width times the input's channels
 *   AOT_STEP        bytes from one place of the convolution to the next in a row, 63 at most
 *   AOT_STEP_ROW    bytes from one place to the one below
 *   AOT_ROW         bytes of one row of the input
 *
 * The function returns the largest sum of weights[i] * input[i] over the window at four places: `upper`, the
 * one a step on, and the two below these. Weights are in RAM.
 */
#if defined(__AVR__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wreturn-type"
#pragma GCC diagnostic ignored "-Wunused-parameter"

/* A weight (r20) is loaded once and serves four pixels (r21). Sums, low byte first:
 *   a r22 r23 r24    b r18 r19 r25    c r12 r13 r14    d r15 r16 r17
 * X: weights, Y: upper, Z: lower, r10: rows left, r11: zero. 34 cycles a weight. */
static __attribute__((naked, noinline, no_instrument_function)) aot_s24_t AOT_NAME(const int8_t *weights,
                                                                                   const int8_t *upper) {
  __asm__ volatile(
      /* sum += r20 * r21; muls leaves the product's sign in the carry */
      ".macro aot_mac low, middle, high\n\t"
      "muls r20, r21\n\t"
      "sbc \\high, r11\n\t"
      "add \\low, r0\n\t"
      "adc \\middle, r1\n\t"
      "adc \\high, r11\n\t"
      ".endm\n\t"
      /* the first sum becomes the larger of two */
      ".macro aot_max low, middle, high, l, m, h\n\t"
      "cp \\low, \\l\n\t"
      "cpc \\middle, \\m\n\t"
      "cpc \\high, \\h\n\t"
      "brge 3f\n\t"
      "mov \\low, \\l\n\t"
      "mov \\middle, \\m\n\t"
      "mov \\high, \\h\n"
      "3:\n\t"
      ".endm\n\t"
      ".irp r, 10, 11, 12, 13, 14, 15, 16, 17, 28, 29\n\t"
      "push r\\r\n\t"
      ".endr\n\t"
      "movw r26, r24\n\t"
      "movw r28, r22\n\t"
      "movw r30, r22\n\t"
      "subi r30, lo8(-(%[step_row]))\n\t"
      "sbci r31, hi8(-(%[step_row]))\n\t"
      "ldi r20, %[kernel_h]\n\t"
      "mov r10, r20\n\t"
      ".irp r, 11, 12, 13, 14, 15, 16, 17, 18, 19, 22, 23, 24, 25\n\t"
      "clr r\\r\n\t"
      ".endr\n"
      "1:\n\t"
      ".rept %[kernel_row]\n\t"
      "ld r20, X+\n\t"
      "ldd r21, Y+%[step]\n\t"
      "aot_mac r18, r19, r25\n\t"
      "ld r21, Y+\n\t"
      "aot_mac r22, r23, r24\n\t"
      "ldd r21, Z+%[step]\n\t"
      "aot_mac r15, r16, r17\n\t"
      "ld r21, Z+\n\t"
      "aot_mac r12, r13, r14\n\t"
      ".endr\n\t"
      "subi r28, lo8(-(%[to_next_row]))\n\t"
      "sbci r29, hi8(-(%[to_next_row]))\n\t"
      "subi r30, lo8(-(%[to_next_row]))\n\t"
      "sbci r31, hi8(-(%[to_next_row]))\n\t"
      "dec r10\n\t"
      "breq 2f\n\t"
      "rjmp 1b\n"
      "2:\n\t"
      "aot_max r22, r23, r24, r18, r19, r25\n\t"
      "aot_max r22, r23, r24, r12, r13, r14\n\t"
      "aot_max r22, r23, r24, r15, r16, r17\n\t"
      "clr r1\n\t"
      ".irp r, 29, 28, 17, 16, 15, 14, 13, 12, 11, 10\n\t"
      "pop r\\r\n\t"
      ".endr\n\t"
      "ret\n\t"
      ".purgem aot_mac\n\t"
      ".purgem aot_max\n\t"
      :
      : [kernel_h] "n"(AOT_KERNEL_H), [kernel_row] "n"(AOT_KERNEL_ROW), [step] "n"(AOT_STEP),
        [step_row] "n"(AOT_STEP_ROW), [to_next_row] "n"(AOT_ROW - AOT_KERNEL_ROW));
}
#pragma GCC diagnostic pop

#else

static aot_s24_t AOT_NAME(const int8_t *weights, const int8_t *upper) {
  const int8_t *places[4] = {upper, upper + AOT_STEP, upper + AOT_STEP_ROW, upper + AOT_STEP_ROW + AOT_STEP};
  aot_s24_t most = INT32_MIN;
  for (uint8_t place = 0; place < 4; ++place) {
    aot_s24_t sum = 0;
    for (uint16_t y = 0; y < AOT_KERNEL_H; ++y) {
      for (uint16_t i = 0; i < AOT_KERNEL_ROW; ++i) {
        sum += weights[y * AOT_KERNEL_ROW + i] * places[place][y * AOT_ROW + i];
      }
    }
    if (sum > most) most = sum;
  }
  return most;
}

#endif

#undef AOT_NAME
#undef AOT_KERNEL_H
#undef AOT_KERNEL_ROW
#undef AOT_STEP
#undef AOT_STEP_ROW
#undef AOT_ROW
