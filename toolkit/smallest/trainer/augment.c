#include <math.h>

#include "training.h"

/* splitmix64: small, and any seed is a good one. */
static float within(uint64_t *state, float bound) {
  uint64_t z = (*state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  z ^= z >> 31;
  return bound * ((float)(z >> 40) / 8388608.0f - 1.0f);
}

static float pixel(const uint8_t *image, int height, int width, int row, int column) {
  return row < 0 || column < 0 || row >= height || column >= width ? 0.0f
                                                                   : (float)image[row * width + column];
}

void augment(const uint8_t *images, uint8_t *out, int32_t count, int32_t height, int32_t width,
             bounds_t bounds, uint64_t seed) {
  const float radians = 0.017453293f, middle_x = (float)(width - 1) / 2, middle_y = (float)(height - 1) / 2;
  for (int32_t each = 0; each < count; each++, images += height * width, out += height * width) {
    const float angle = within(&seed, bounds.degrees * radians),
                shear = tanf(within(&seed, bounds.shear_degrees * radians));
    const float wide = 1.0f / (1.0f + within(&seed, bounds.scale)),
                high = 1.0f / (1.0f + within(&seed, bounds.scale));
    const float shift_x = within(&seed, bounds.shift), shift_y = within(&seed, bounds.shift);
    const float xx = wide * cosf(angle), xy = wide * (cosf(angle) * shear - sinf(angle));
    const float yx = high * sinf(angle), yy = high * (sinf(angle) * shear + cosf(angle));
    for (int32_t row = 0; row < height; row++) {
      for (int32_t column = 0; column < width; column++) {
        const float dx = (float)column - middle_x, dy = (float)row - middle_y;
        const float x = xx * dx + xy * dy + middle_x + shift_x, y = yx * dx + yy * dy + middle_y + shift_y;
        const int left = (int)floorf(x), top = (int)floorf(y);
        const float along = x - (float)left, down = y - (float)top;
        const float upper = (1 - along) * pixel(images, height, width, top, left) +
                            along * pixel(images, height, width, top, left + 1);
        const float lower = (1 - along) * pixel(images, height, width, top + 1, left) +
                            along * pixel(images, height, width, top + 1, left + 1);
        out[row * width + column] = (uint8_t)((1 - down) * upper + down * lower + 0.5f);
      }
    }
  }
}
