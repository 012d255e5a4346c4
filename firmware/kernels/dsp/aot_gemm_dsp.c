/* aot_gemm_dsp.c: gathers taps for aot_gemm_dsp.h; and the C that stands in for the assembly. */
#include "aot_gemm_dsp.h"

/* The taps of one kernel row at one position; the position's next pair is `lanes` words on. */
static uint32_t *gather(const int8_t *from, uint32_t count, uint32_t *to, uint32_t lanes) {
  for (; count >= 4; count -= 4, from += 4, to += 2 * lanes) {
    const uint32_t word = aot_word(from);
    to[0] = aot_bytes_even(word);
    to[lanes] = aot_bytes_odd(word);
  }
  if (count == 0) return to;
  const uint32_t second = count > 1 ? (uint16_t)from[1] : 0;
  if (count < 3) {
    to[0] = (uint16_t)from[0] | second << 16;
    return to + lanes;
  }
  to[0] = (uint16_t)from[0] | (uint32_t)(uint16_t)from[2] << 16;
  to[lanes] = second;
  return to + 2 * lanes;
}

/* The taps of one kernel row at two positions. */
static uint32_t *gather_two(const int8_t *a, const int8_t *b, uint32_t count, uint32_t *to) {
#if AOT_HAS_DSP
  uint32_t fours = count / 4;
  count %= 4;
  if (fours > 0) {
    __asm__ volatile(
        "1: ldr r5, [%0], #4\n"
        "ldr r6, [%1], #4\n"
        "sxtb16 r3, r5\n"
        "sxtb16 r4, r6\n"
        "sxtb16 r5, r5, ror #8\n"
        "sxtb16 r6, r6, ror #8\n"
        "stm %2!, {r3-r6}\n"
        "subs %3, %3, #1\n"
        "bne 1b\n"
        : "+r"(a), "+r"(b), "+r"(to), "+r"(fours)
        :
        : "r3", "r4", "r5", "r6", "cc", "memory");
  }
#else
  for (; count >= 4; count -= 4, a += 4, b += 4, to += 4) {
    const uint32_t first = aot_word(a), second = aot_word(b);
    to[0] = aot_bytes_even(first);
    to[1] = aot_bytes_even(second);
    to[2] = aot_bytes_odd(first);
    to[3] = aot_bytes_odd(second);
  }
#endif
  if (count == 0) return to;
  const uint32_t second_a = count > 1 ? (uint16_t)a[1] : 0, second_b = count > 1 ? (uint16_t)b[1] : 0;
  const bool three = count > 2;
  to[0] = (uint16_t)a[0] | (uint32_t)(uint16_t)(three ? a[2] : (int16_t)second_a) << 16;
  to[1] = (uint16_t)b[0] | (uint32_t)(uint16_t)(three ? b[2] : (int16_t)second_b) << 16;
  if (!three) return to + 2;
  to[2] = second_a;
  to[3] = second_b;
  return to + 4;
}

/* One kernel row of which columns are outside the image, from `column` on. */
static uint32_t *gather_edge(const aot_gemm_dsp_t *l, const int8_t *row, int32_t column, uint32_t *to,
                             uint32_t lanes) {
  const int32_t width = (int32_t)l->shape.in_w * l->shape.in_c;
  int32_t at = column * l->shape.in_c;
  for (uint32_t left = l->run; left > 0;) {
    int8_t four[4];
    const uint32_t count = left < 4 ? left : 4;
    for (uint32_t i = 0; i < count; ++i, ++at) four[i] = at >= 0 && at < width ? row[at] : l->input_zero;
    to = gather(four, count, to, lanes);
    left -= count;
  }
  return to;
}

/* What the window at convolution position (y, x) reads. */
static void window(const aot_gemm_dsp_t *l, const int8_t *input, int32_t y, int32_t x, uint32_t *to,
                   uint32_t lanes) {
  const aot_tile_shape_t *s = &l->shape;
  const int32_t row_bytes = (int32_t)s->in_w * s->in_c, column = x * s->stride_w - s->pad_left;
  const bool inside = column >= 0 && column * s->in_c + l->run <= row_bytes;
  int32_t row = y * s->stride_h - s->pad_top;
  for (uint32_t ky = 0; ky < s->kernel_h; ++ky, row += s->dilation_h) {
    if (row < 0 || row >= s->in_h) {
      /* All columns are outside as well. */
      to = gather_edge(l, input, (int32_t)s->in_w, to, lanes);
    } else if (inside) {
      to = gather(input + row * row_bytes + column * s->in_c, l->run, to, lanes);
    } else {
      to = gather_edge(l, input + row * row_bytes, column, to, lanes);
    }
  }
}

/* Where the window at (y, x) begins if all of it is inside the image; else NULL. */
static const int8_t *inside(const aot_gemm_dsp_t *l, const int8_t *input, int32_t y, int32_t x) {
  const aot_tile_shape_t *s = &l->shape;
  const int32_t row_bytes = (int32_t)s->in_w * s->in_c;
  const int32_t row = y * s->stride_h - s->pad_top, column = (x * s->stride_w - s->pad_left) * s->in_c;
  if (row < 0 || column < 0 || column + l->run > row_bytes) return NULL;
  if (row + (s->kernel_h - 1) * (int32_t)s->dilation_h >= s->in_h) return NULL;
  return input + row * row_bytes + column;
}

/* What the windows at two positions read, word by word. */
static void windows(const aot_gemm_dsp_t *l, const int8_t *input, int32_t y0, int32_t x0, int32_t y1,
                    int32_t x1, uint32_t *to) {
  const int8_t *a = inside(l, input, y0, x0), *b = inside(l, input, y1, x1);
  if (a == NULL || b == NULL) {
    window(l, input, y0, x0, to, 2);
    window(l, input, y1, x1, to + 1, 2);
    return;
  }
  const uint32_t next = (uint32_t)l->shape.dilation_h * l->shape.in_w * l->shape.in_c;
  for (uint32_t ky = l->shape.kernel_h; ky > 0; --ky, a += next, b += next) to = gather_two(a, b, l->run, to);
}

#if AOT_HAS_DSP
#define PASS(tile, rows, lanes) tile(l, taps, output)
#else
#define PASS(tile, rows, lanes) ((void)(tile), pass(l, taps, rows, lanes, output))

/* As the assembly does. `rows` of a pool window two wide; 0: `lanes` positions. */
static void pass(const aot_gemm_dsp_t *l, const uint32_t *taps, uint32_t rows, uint32_t lanes,
                 int8_t *output) {
  const uint32_t steps = l->steps * l->turns, positions = lanes * (rows > 0 ? rows : 1);
  const uint32_t *next = l->stream;
  for (uint32_t first = 0; first < l->channels; first += 4) {
    const uint32_t *weights = next;
    next += steps * (l->wide ? 4 : 2);
    const uint32_t shifts = l->shift > 0 ? l->shift * 0x01010101u : *next++;
    for (uint32_t c = 0; c < 4 && first + c < l->channels; ++c) {
      int32_t most[2] = {INT32_MIN, INT32_MIN};
      for (uint32_t p = 0; p < positions; ++p) {
        const uint32_t *x = taps + p / lanes * lanes * steps + p % lanes;
        int32_t sum = 0;
        for (uint32_t i = 0; i < steps; ++i, x += lanes) {
          if (l->wide) {
            sum = aot_smlad(weights[4 * i + c], *x, sum);
            continue;
          }
          const uint32_t word = weights[2 * i + c / 2], even = aot_bytes_even(word);
          const uint32_t odd = aot_pack_low((uint32_t)((aot_low(word) - aot_low(even)) / 256),
                                            (uint32_t)((aot_high(word) - aot_high(even)) / 256));
          sum = aot_smlad(c % 2 > 0 ? odd : even, *x, sum);
        }
        most[rows > 0 ? 0 : p] = aot_max(most[rows > 0 ? 0 : p], sum);
      }
      const int32_t bias = (int32_t)*next++;
      const int32_t multiplier = l->shift > 0 ? l->multiplier : (int32_t)*next++;
      const int32_t offset = l->shift > 0 ? l->offset : (int32_t)*next++;
      for (uint32_t p = 0; p < (rows > 0 ? 1 : lanes); ++p) {
        const int32_t sum = bias + most[p] * (l->wide ? 1 : 2);
        const int32_t scaled = aot_high_multiply_add(sum, multiplier, offset + (sum >> 31));
        const int32_t value = aot_saturate_s8(scaled >> (uint8_t)(shifts >> 8 * c));
        output[p * l->channels + first + c] = l->table != NULL ? l->table[value] : (int8_t)value;
      }
    }
  }
}
#endif

void aot_gemm_dsp(const aot_gemm_dsp_t *l, aot_gemm_tile_t *two, aot_gemm_tile_t *one, const int8_t *input,
                  uint32_t *taps, int8_t *output) {
  const aot_tile_shape_t *s = &l->shape;
  const uint32_t row_words = 2 * l->steps * l->turns;
  if (s->pool_h > 1 || s->pool_w > 1) {
    for (int32_t y = 0; y < s->out_h * s->pool_stride_h; y += s->pool_stride_h) {
      for (int32_t x = 0; x < s->out_w * s->pool_stride_w; x += s->pool_stride_w, output += l->channels) {
        for (uint32_t row = 0; row < s->pool_h; ++row) {
          const int32_t below = y + (int32_t)row;
          windows(l, input, below, x, below, x + 1, taps + row * row_words);
        }
        PASS(two, s->pool_h, 2);
      }
    }
    return;
  }
  int32_t y = 0, x = 0;
  for (uint32_t left = (uint32_t)s->out_h * s->out_w; left > 0;) {
    const int32_t first_y = y, first_x = x;
    if (++x == s->out_w) x = 0, ++y;
    if (left == 1) {
      window(l, input, first_y, first_x, taps, 1);
      PASS(one, 0, 1);
      return;
    }
    windows(l, input, first_y, first_x, y, x, taps);
    if (++x == s->out_w) x = 0, ++y;
    PASS(two, 0, 2);
    output += 2 * l->channels;
    left -= 2;
  }
}
