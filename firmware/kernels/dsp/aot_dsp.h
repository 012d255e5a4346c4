/* aot_dsp.h: the Armv7E-M DSP instructions that the kernels use, each with its meaning in C.
 *
 * On a core without them (the host, where the kernels are tested under sanitizers) the C stands in, so a
 * kernel written with these is portable; it is merely pointless elsewhere. A pair is two int16 in one word,
 * the first in the low half.
 *
 * The assembly is volatile although it has no side effects: GCC keeps volatile statements in order, and the
 * order in which a kernel is written is the one in which its values fit the fourteen registers.
 */
#ifndef AOT_DSP_H
#define AOT_DSP_H

#include <stdint.h>
#include <string.h>

#include "aot_memory.h"

AOT_INLINE int32_t aot_low(uint32_t pair) { return (int16_t)(pair & 0xFFFFu); }
AOT_INLINE int32_t aot_high(uint32_t pair) { return (int16_t)(pair >> 16); }

AOT_INLINE int32_t aot_max(int32_t a, int32_t b) { return a > b ? a : b; }

/* Without optimisation GCC keeps a frame pointer and every variable in memory, and has not enough registers
 * left for some of the statements below. */
#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP && defined(__OPTIMIZE__)
#define AOT_HAS_DSP 1
#define AOT_DSP_SUM(name, instruction)                                       \
  AOT_INLINE int32_t name(uint32_t a, uint32_t b, int32_t sum) {             \
    int32_t result;                                                          \
    __asm__ volatile(instruction : "=r"(result) : "r"(a), "r"(b), "r"(sum)); \
    return result;                                                           \
  }
AOT_DSP_SUM(aot_smlad, "smlad %0, %1, %2, %3")
AOT_DSP_SUM(aot_smlabb, "smlabb %0, %1, %2, %3")
AOT_DSP_SUM(aot_smlatt, "smlatt %0, %1, %2, %3")

/* What a load in assembly reads, so that GCC knows of it: of any type, at the address that the instruction
 * allows. */
typedef uint32_t __attribute__((may_alias, aligned(1))) aot_any_word_t;
typedef uint64_t __attribute__((may_alias, aligned(4))) aot_any_two_words_t;

AOT_INLINE uint32_t aot_word(const void *from) {
  uint32_t word;
  __asm__ volatile("ldr %0, %1" : "=r"(word) : "m"(*(const aot_any_word_t *)from));
  return word;
}

AOT_INLINE void aot_two_words(const void *from, uint32_t *first, uint32_t *second) {
  __asm__ volatile("ldrd %0, %1, %2" : "=r"(*first), "=r"(*second) : "m"(*(const aot_any_two_words_t *)from));
}

AOT_INLINE uint32_t aot_pack_low(uint32_t a, uint32_t b) {
  uint32_t pair;
  __asm__ volatile("pkhbt %0, %1, %2, lsl #16" : "=r"(pair) : "r"(a), "r"(b));
  return pair;
}

AOT_INLINE uint32_t aot_pack_high(uint32_t a, uint32_t b) {
  uint32_t pair;
  __asm__ volatile("pkhtb %0, %2, %1, asr #16" : "=r"(pair) : "r"(a), "r"(b));
  return pair;
}

AOT_INLINE uint32_t aot_bytes_even(uint32_t word) {
  uint32_t pair;
  __asm__ volatile("sxtb16 %0, %1" : "=r"(pair) : "r"(word));
  return pair;
}

AOT_INLINE uint32_t aot_bytes_odd(uint32_t word) {
  uint32_t pair;
  __asm__ volatile("sxtb16 %0, %1, ror #8" : "=r"(pair) : "r"(word));
  return pair;
}

AOT_INLINE int32_t aot_high_multiply_add(int32_t a, int32_t b, int32_t sum) {
  int32_t result;
  __asm__ volatile("smmlar %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(sum));
  return result;
}

AOT_INLINE int32_t aot_saturate_s8(int32_t x) {
  int32_t result;
  __asm__ volatile("ssat %0, #8, %1" : "=r"(result) : "r"(x));
  return result;
}
#else
#define AOT_HAS_DSP 0
AOT_INLINE int32_t aot_smlad(uint32_t a, uint32_t b, int32_t sum) {
  return sum + aot_low(a) * aot_low(b) + aot_high(a) * aot_high(b);
}
AOT_INLINE int32_t aot_smlabb(uint32_t a, uint32_t b, int32_t sum) { return sum + aot_low(a) * aot_low(b); }
AOT_INLINE int32_t aot_smlatt(uint32_t a, uint32_t b, int32_t sum) { return sum + aot_high(a) * aot_high(b); }

/* A word from any address, little-endian. */
AOT_INLINE uint32_t aot_word(const void *from) {
  uint32_t word;
  memcpy(&word, from, sizeof word);
  return word;
}

/* Two words from an address that is a multiple of 4. */
AOT_INLINE void aot_two_words(const void *from, uint32_t *first, uint32_t *second) {
  *first = aot_word(from);
  *second = aot_word((const uint8_t *)from + 4);
}

/* The low halves of a and b as a pair; the high halves. */
AOT_INLINE uint32_t aot_pack_low(uint32_t a, uint32_t b) { return (a & 0xFFFFu) | (b << 16); }
AOT_INLINE uint32_t aot_pack_high(uint32_t a, uint32_t b) { return (a >> 16) | (b & 0xFFFF0000u); }

/* Bytes 0 and 2 of a word, or 1 and 3, sign-extended to a pair. */
AOT_INLINE uint32_t aot_bytes_even(uint32_t word) {
  return ((uint32_t)(int8_t)word & 0xFFFFu) | ((uint32_t)(int8_t)(word >> 16) << 16);
}
AOT_INLINE uint32_t aot_bytes_odd(uint32_t word) { return aot_bytes_even(word >> 8); }

/* sum + a * b / 2^32, halves rounded up. */
AOT_INLINE int32_t aot_high_multiply_add(int32_t a, int32_t b, int32_t sum) {
  return (int32_t)((((int64_t)sum * ((int64_t)1 << 32)) + (int64_t)a * b + INT64_C(0x80000000)) >> 32);
}

AOT_INLINE int32_t aot_saturate_s8(int32_t x) { return x < -128 ? -128 : (x > 127 ? 127 : x); }
#endif

typedef uint32_t __attribute__((may_alias)) aot_pair_t; /* two int16, as one word */

/* Pairs from one place to a lower one; both are multiples of 4. */
AOT_INLINE void aot_move_pairs(int16_t *to, const int16_t *from, uint32_t count) {
  aot_pair_t *pairs = (aot_pair_t *)(void *)to;
  const aot_pair_t *others = (const aot_pair_t *)(const void *)from;
  for (; count >= 2; count -= 2, pairs += 2, others += 2) {
    uint32_t first, second;
    aot_two_words(others, &first, &second);
    pairs[0] = first;
    pairs[1] = second;
  }
  if (count > 0) *pairs = *others;
}

/* Hides a pointer's origin: constants behind it are loaded, one instruction a word or two, instead of being
 * built by two moves each. */
AOT_INLINE const void *aot_opaque(const void *from) {
  __asm__("" : "+r"(from));
  return from;
}

#endif
