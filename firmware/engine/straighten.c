/* straighten.c: see straighten.h; toolkit/data/straighten.py is the same in NumPy, bit for bit.
 *
 * With the ink m = sum of p, its centre and its moments about it, the slant is cov(x, y) / var(y): how far
 * the ink goes to the right a row. Each row moves back by slant x its distance from the centre, between two
 * pixels by parts of 256. The largest sum, of p x^2, is 255 * 28 * 6930 = 49.5 million; m times it is below
 * 2^44. */
#include "straighten.h"

enum {
  SIDE = STRAIGHTEN_SIDE,
  ONE = 256,
  MOST = 256 /* a pixel a row */,
  AHEAD = 64 /* keeps a place above 0 */
};

typedef struct {
  uint32_t ink, x, y, xy, yy;
} moments_t;

static uint32_t pixel(const int8_t *row, int32_t x) {
  return x < 0 || x >= SIDE ? 0u : (uint32_t)(row[x] + 128);
}

static moments_t moments(const int8_t *picture) {
  moments_t sums = {0, 0, 0, 0, 0};
  for (uint32_t y = 0; y < SIDE; ++y) {
    uint32_t ink = 0, along = 0;
    for (uint32_t x = 0; x < SIDE; ++x) {
      const uint32_t value = pixel(picture + y * SIDE, (int32_t)x);
      ink += value;
      along += value * x;
    }
    sums.ink += ink;
    sums.x += along;
    sums.y += ink * y;
    sums.xy += along * y;
    sums.yy += ink * y * y;
  }
  return sums;
}

/* Of 256 parts, how far to the right a row; rounded to the nearest, halves away from 0. */
static int32_t slant(const moments_t *sums) {
  const int64_t cov = (int64_t)sums->ink * sums->xy - (int64_t)sums->x * sums->y;
  const int64_t var = (int64_t)sums->ink * sums->yy - (int64_t)sums->y * sums->y;
  if (var <= 0) return 0;
  const int64_t size = ((cov < 0 ? -cov : cov) * 2 * ONE + var) / (2 * var);
  const int32_t most = size > MOST ? MOST : (int32_t)size;
  return cov < 0 ? -most : most;
}

static void move(int8_t *row, int32_t place) {
  const int32_t whole = place / ONE - AHEAD;
  const uint32_t part = (uint32_t)(place % ONE);
  int8_t moved[SIDE];
  for (int32_t x = 0; x < SIDE; ++x) {
    const uint32_t left = pixel(row, x + whole), right = pixel(row, x + whole + 1);
    moved[x] = (int8_t)((int32_t)((left * (ONE - part) + right * part + ONE / 2) / ONE) - 128);
  }
  for (int32_t x = 0; x < SIDE; ++x) row[x] = moved[x];
}

void engine_straighten(int8_t *picture) {
  const moments_t sums = moments(picture);
  if (sums.ink == 0) return;
  const int32_t lean = slant(&sums);
  const int32_t centre = (int32_t)((sums.y * ONE + sums.ink / 2) / sums.ink);
  for (int32_t y = 0; y < SIDE; ++y) {
    /* At most a pixel a row, 27 of them: ahead of 0 by 64 pixels it is positive, and parts round down. */
    move(picture + y * SIDE, (lean * (y * ONE - centre) + (int32_t)AHEAD * ONE * ONE) / ONE);
  }
}
