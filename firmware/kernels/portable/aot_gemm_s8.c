#include "aot_gemm_s8.h"

#include "aot_requantise.h"

/* The window that begins at (row, column), and the sum of its taps. */
static uint32_t gather(const aot_gemm_s8_t *l, const int8_t *input, int32_t row, int32_t column,
                       uint8_t *to) {
  const aot_tile_shape_t *s = &l->shape;
  const int32_t width = (int32_t)s->in_w * s->in_c, first = column * s->in_c;
  const uint8_t zero = (uint8_t)((uint8_t)l->input_zero ^ 0x80u);
  uint32_t sum = 0;
  for (uint32_t ky = 0; ky < s->kernel_h; ++ky, row += s->dilation_h) {
    const int8_t *from = input + row * width + first;
    if (row >= 0 && row < s->in_h && first >= 0 && first + l->run <= width) {
      for (uint32_t k = 0; k < l->run; ++k) {
        const uint8_t value = (uint8_t)((uint8_t)from[k] ^ 0x80u);
        *to++ = value;
        sum += value;
      }
      continue;
    }
    for (int32_t k = first; k < first + l->run; ++k) {
      const bool in = row >= 0 && row < s->in_h && k >= 0 && k < width;
      const uint8_t value = in ? (uint8_t)((uint8_t)input[row * width + k] ^ 0x80u) : zero;
      *to++ = value;
      sum += value;
    }
  }
  return sum;
}

/* GCC gathers the loads of several steps first, and a core with eight registers has no place for them. */
#if defined(__GNUC__)
#define IN_ORDER(a, b) __asm__("" : "+r"(a), "+r"(b))
#define OWN_REGISTERS __attribute__((noinline))
#else
#define IN_ORDER(a, b) (void)0
#define OWN_REGISTERS
#endif

/* Two channels' sums of products over `taps`, a multiple of 8; w[tap][2]. */
static OWN_REGISTERS void products(const uint8_t *x, const uint8_t *w, uint32_t taps, uint32_t *sums) {
  uint32_t a = 0, b = 0;
#define TAP(i)                   \
  do {                           \
    const uint32_t value = x[i]; \
    a += value * w[2 * (i)];     \
    b += value * w[2 * (i) + 1]; \
    IN_ORDER(a, b);              \
  } while (0)
  for (const uint8_t *end = x + taps; x != end; x += 8, w += 16) {
    TAP(0);
    TAP(1);
    TAP(2);
    TAP(3);
    TAP(4);
    TAP(5);
    TAP(6);
    TAP(7);
  }
#undef TAP
  sums[0] = a;
  sums[1] = b;
}

void aot_gemm_s8(const aot_gemm_s8_t *l, const int8_t *input, uint8_t *patch, int8_t *output) {
  const aot_tile_shape_t *s = &l->shape;
  for (uint32_t i = 0; i < l->taps; ++i) patch[i] = 0;
  for (int32_t y = 0; y < s->out_h; ++y) {
    for (int32_t x = 0; x < s->out_w; ++x) {
      const uint32_t less =
          128u * gather(l, input, y * s->stride_h - s->pad_top, x * s->stride_w - s->pad_left, patch);
      const uint8_t *weights = l->weights;
      for (uint32_t c = 0; c < s->out_c; c += 2, weights += 2u * l->taps) {
        uint32_t sums[2];
        products(patch, weights, l->taps, sums);
        for (uint32_t i = c; i < c + 2 && i < s->out_c; ++i) {
          const int32_t sum = (int32_t)(sums[i - c] + (uint32_t)l->bias[i] - less);
          AOT_STORE_S8(output, l, sum, l->multiplier[i], l->shift[i]);
        }
      }
    }
  }
}
