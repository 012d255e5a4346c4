/* aot_rows.h: layers that run row by row over a few rows of each tensor.
 *
 * A window holds rows of one tensor, the oldest first; place is where the oldest is:
 *
 *   | row | row | row | free ... |         filled = 3; the next row is written behind them
 *
 * A stage is a layer: when each of its windows has the rows that it needs, it computes one row of its output
 * from them, straight into a window of the stage that reads it, and its windows slide down by their step.
 * Where several windows take the rows of one tensor, the first of them is written and the others are copies.
 * A window that no stage reads collects a whole tensor. Rows of padding are put into windows as rows are: at
 * the begin those above, at the end those below.
 *
 * Two windows may share the room for one row between them. The upper one's `place` is where its rows begin
 * when it is full; with a row less they rest a row higher, and move down when the last one comes.
 *
 * A window whose step is larger than its height has a negative `filled` for the rows that are to be skipped.
 *
 * A stage may compute two rows at once: then its windows hold as many rows as two rows of its output need. If
 * the number of its rows is odd, there is another function for the last one.
 *
 * The tables are the network's own, known where this is compiled: all is inlined around them.
 */
#ifndef AOT_ROWS_H
#define AOT_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aot_memory.h"

#define AOT_NO_WINDOW 0xFFu

typedef struct {
  size_t place;       /* in the arena, in bytes */
  uint16_t row_bytes; /* of one row */
  uint16_t height;    /* rows that its stage reads for one row of its output, or for two */
  uint8_t step;       /* rows to slide down after that */
  uint8_t top;        /* rows of padding above the image */
  uint8_t bottom;     /* and below */
  uint8_t fill;       /* each of their bytes */
  uint8_t next;       /* another window that takes the same rows; AOT_NO_WINDOW: none */
  uint8_t moves;      /* 1: it is the upper one of two that share a room; its step is 1 */
} aot_rows_window_t;

/* Told of each row: the number of its stage, where the row lies until this returns, and bytes of all rows. */
typedef void aot_rows_watch_t(uint16_t stage, const uint8_t *row, uint32_t bytes, uint32_t whole);

typedef struct {
  void (*compute)(uint8_t *row); /* from its windows to one row of its output, or two */
  uint8_t first;                 /* the first of its windows, which are neighbours */
  uint8_t windows;               /* how many */
  uint8_t to;                    /* the window that it writes */
  uint8_t otherwise;             /* the next stage that may be ready where this one is not */
  uint16_t rows;                 /* of its output, and AOT_TWO_ROWS; 0: it only adds something up */
} aot_rows_stage_t;

#define AOT_TWO_ROWS 0x8000u /* the stage computes two rows at once */

/* A stage that computes two rows at once and gives an odd number of them. */
typedef struct {
  void (*compute)(uint8_t *row); /* from its windows to the last row of its output */
  uint8_t stage;
} aot_rows_last_t;

typedef struct {
  uint8_t *arena;
  int16_t *filled; /* rows in each window */
  const aot_rows_window_t *windows;
  const aot_rows_stage_t *stages;
  uint8_t window_count;
  uint8_t stage_count;
  uint8_t input; /* the window that the input's rows are written to */
  bool pairs;    /* a stage computes two rows at once */
  uint8_t last_count;
  const aot_rows_last_t *last;
} aot_rows_t;

/* A member of a table; these are constants. */
#if defined(__AVR__)
#define AOT_ROWS_8(member) pgm_read_byte(&(member))
#define AOT_ROWS_16(member) pgm_read_word(&(member))
#define AOT_ROWS_CALL(member) ((void (*)(uint8_t *))pgm_read_word(&(member)))
#else
#define AOT_ROWS_8(member) (member)
#define AOT_ROWS_16(member) (member)
#define AOT_ROWS_CALL(member) (member)
#endif

#if defined(__ARM_FEATURE_UNALIGNED) || defined(__x86_64__)
#define AOT_ROWS_ALIGNED 1 /* words may lie anywhere */
#else
#define AOT_ROWS_ALIGNED 4
#endif

/* Bytes from `from` to `to`, which may overlap where to < from. The C libraries of bare metal go byte by
 * byte. */
static __attribute__((noinline, unused)) void aot_rows_move(uint8_t *to, const uint8_t *from, size_t bytes) {
#if defined(__AVR__)
  memmove(to, from, bytes);
#elif defined(__ARM_FEATURE_MVE)
  __asm__ volatile(
      "wlstp.8 lr, %[bytes], 2f\n"
      "1:\n\tvldrb.8 q0, [%[from]], #16\n\tvstrb.8 q0, [%[to]], #16\n\tletp lr, 1b\n"
      "2:"
      : [to] "+r"(to), [from] "+r"(from)
      : [bytes] "r"(bytes)
      : "lr", "q0", "memory");
#else
  if ((((uintptr_t)to | (uintptr_t)from) % AOT_ROWS_ALIGNED) == 0) {
    for (; bytes >= 16; bytes -= 16, to += 16, from += 16) {
      uint32_t words[4];
      memcpy(words, __builtin_assume_aligned(from, AOT_ROWS_ALIGNED), sizeof words);
      memcpy(__builtin_assume_aligned(to, AOT_ROWS_ALIGNED), words, sizeof words);
    }
    for (; bytes >= 4; bytes -= 4, to += 4, from += 4) {
      uint32_t word;
      memcpy(&word, __builtin_assume_aligned(from, AOT_ROWS_ALIGNED), sizeof word);
      memcpy(__builtin_assume_aligned(to, AOT_ROWS_ALIGNED), &word, sizeof word);
    }
  }
  for (; bytes; --bytes) *to++ = *from++;
#endif
}

AOT_INLINE uint8_t *aot_rows_at(const aot_rows_t *r, uint8_t place, int16_t filled) {
  const size_t behind = filled > 0 ? (size_t)filled * AOT_ROWS_16(r->windows[place].row_bytes) : 0u;
  return r->arena + AOT_ROWS_16(r->windows[place].place) + behind;
}

/* Where a window's next row is to be written, after what must move has moved. */
AOT_INLINE uint8_t *aot_rows_open(const aot_rows_t *r, uint8_t place) {
  uint8_t *row = aot_rows_at(r, place, r->filled[place]);
  if (AOT_ROWS_8(r->windows[place].moves)) {
    const size_t row_bytes = AOT_ROWS_16(r->windows[place].row_bytes);
    uint8_t *lowest = r->arena + AOT_ROWS_16(r->windows[place].place);
    if (r->filled[place] + 1 < (int16_t)AOT_ROWS_16(r->windows[place].height)) return row + row_bytes;
    aot_rows_move(lowest, lowest + row_bytes, (size_t)(row - lowest));
  }
  return row;
}

/* The row behind the last one of that window is complete: so it is in all windows that take it. */
AOT_INLINE void aot_rows_take(const aot_rows_t *r, uint8_t place, const uint8_t *row) {
  ++r->filled[place];
  for (uint8_t next; (next = AOT_ROWS_8(r->windows[place].next)) != AOT_NO_WINDOW;) {
    place = next;
    aot_rows_move(aot_rows_open(r, place), row, AOT_ROWS_16(r->windows[place].row_bytes));
    ++r->filled[place];
  }
}

/* Where the input's next row is to be written. */
AOT_INLINE uint8_t *aot_rows_place(const aot_rows_t *r) {
  return aot_rows_at(r, r->input, r->filled[r->input]);
}

AOT_INLINE void aot_rows_slide(const aot_rows_t *r, uint8_t place) {
  const uint8_t step = AOT_ROWS_8(r->windows[place].step);
  const int16_t left = (int16_t)(r->filled[place] - step);
  r->filled[place] = left;
  if (left > 0 && !AOT_ROWS_8(r->windows[place].moves)) {
    const size_t row_bytes = AOT_ROWS_16(r->windows[place].row_bytes);
    uint8_t *oldest = r->arena + AOT_ROWS_16(r->windows[place].place);
    aot_rows_move(oldest, oldest + step * row_bytes, (size_t)left * row_bytes);
  }
}

AOT_INLINE bool aot_rows_ready(const aot_rows_t *r, const aot_rows_stage_t *stage) {
  uint8_t place = AOT_ROWS_8(stage->first), left = AOT_ROWS_8(stage->windows);
  for (; left && r->filled[place] >= (int16_t)AOT_ROWS_16(r->windows[place].height); ++place) --left;
  return left == 0;
}

typedef void aot_rows_compute_t(uint8_t *row);

/* Computes `count` rows of a stage's output. */
AOT_INLINE void aot_rows_give(const aot_rows_t *r, uint8_t number, aot_rows_compute_t *compute, uint8_t count,
                              aot_rows_watch_t *watch) {
  const aot_rows_stage_t *stage = r->stages + number;
  const uint8_t to = AOT_ROWS_8(stage->to);
  const uint16_t bytes = AOT_ROWS_16(r->windows[to].row_bytes);
  const uint16_t rows = AOT_ROWS_16(stage->rows) & (AOT_TWO_ROWS - 1u);
  uint8_t *row = aot_rows_open(r, to);
  compute(row);
  for (; count; --count, row += bytes) {
    if (watch != NULL && rows > 0) watch(number, row, bytes, (uint32_t)rows * bytes);
    aot_rows_take(r, to, row);
  }
  uint8_t place = AOT_ROWS_8(stage->first);
  for (uint8_t left = AOT_ROWS_8(stage->windows); left; --left) aot_rows_slide(r, place++);
}

/* Each stage from `number` on, once if it can: a row gives at most one row of each tensor, or two; then as
 * often as it can. `last` is NULL, or computes the last row of the first of them. */
AOT_INLINE void aot_rows_compute(const aot_rows_t *r, uint8_t number, aot_rows_compute_t *last,
                                 aot_rows_watch_t *watch) {
  while (number < r->stage_count) {
    const aot_rows_stage_t *stage = r->stages + number;
    if (last == NULL && !aot_rows_ready(r, stage)) {
      number = AOT_ROWS_8(stage->otherwise);
      continue;
    }
    do {
      const bool two = r->pairs && last == NULL && (AOT_ROWS_16(stage->rows) & AOT_TWO_ROWS) != 0;
      aot_rows_give(r, number, last != NULL ? last : AOT_ROWS_CALL(stage->compute), two ? 2 : 1, watch);
      last = NULL;
    } while (r->pairs && aot_rows_ready(r, stage));
    ++number;
  }
}

/* Takes the row that was written to its place, and computes what can be computed with it. `watch` may be
 * NULL. */
AOT_INLINE void aot_rows_push(const aot_rows_t *r, aot_rows_watch_t *watch) {
  aot_rows_take(r, r->input, aot_rows_place(r));
  aot_rows_compute(r, 0, NULL, watch);
}

/* A row of padding into a window. */
AOT_INLINE void aot_rows_pad(const aot_rows_t *r, uint8_t place) {
  memset(aot_rows_open(r, place), AOT_ROWS_8(r->windows[place].fill),
         AOT_ROWS_16(r->windows[place].row_bytes));
  ++r->filled[place];
}

/* Forgets all rows and puts in the padding above, which fills no window. */
AOT_INLINE void aot_rows_begin(const aot_rows_t *r) {
  for (uint8_t place = 0; place < r->window_count; ++place) {
    r->filled[place] = 0;
    for (uint8_t rows = AOT_ROWS_8(r->windows[place].top); rows; --rows) aot_rows_pad(r, place);
  }
}

/* The input is complete: puts in the padding below, and computes last rows that are no pair. */
AOT_INLINE void aot_rows_end(const aot_rows_t *r, aot_rows_watch_t *watch) {
  uint8_t lasts = 0;
  for (uint8_t number = 0; number < r->stage_count; ++number) {
    uint8_t place = AOT_ROWS_8(r->stages[number].first);
    const uint8_t end = (uint8_t)(place + AOT_ROWS_8(r->stages[number].windows));
    uint8_t rows = 0;
    for (bool more = true; more;) {
      aot_rows_compute_t *last = NULL;
      while (place < end && rows == AOT_ROWS_8(r->windows[place].bottom)) ++place, rows = 0;
      if (place < end) {
        aot_rows_pad(r, place);
        ++rows;
      } else {
        more = false;
        if (lasts == r->last_count || AOT_ROWS_8(r->last[lasts].stage) != number) break;
        last = AOT_ROWS_CALL(r->last[lasts++].compute);
      }
      aot_rows_compute(r, number, last, watch);
    }
  }
}

/* All of that, for an input of `count` rows that lies whole. */
AOT_INLINE void aot_rows_run(const aot_rows_t *r, const uint8_t *input, uint16_t count,
                             aot_rows_watch_t *watch) {
  const size_t row_bytes = AOT_ROWS_16(r->windows[r->input].row_bytes);
  aot_rows_begin(r);
  for (; count; --count, input += row_bytes) {
    aot_rows_move(aot_rows_place(r), input, row_bytes);
    aot_rows_push(r, watch);
  }
  aot_rows_end(r, watch);
}

#endif
