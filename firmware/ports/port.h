/* port.h: everything the firmware core needs from a board. To port: copy ports/template, fill it in.
 *
 * Bytes arrive while the network is computed; the port buffers them (an interrupt that fills a ring, a USB
 * endpoint that is held back, ...) and says in port_info() how many. The host never has more than that
 * unanswered, but for a single frame, so a correct port never loses a byte to the network's computation; one
 * that does is mended by resending.
 */
#ifndef TINYML_PORT_H
#define TINYML_PORT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
  PORT_TICKS_NONE = 0,
  PORT_TICKS_INSTRUCTIONS = 1,
  PORT_TICKS_CYCLES = 2,
  PORT_TICKS_MICROSECONDS = 3,
} port_tick_unit_t;

typedef struct {
  const char *board;          /* the board's id, as its TOML file is named; NUL-terminated, static */
  port_tick_unit_t tick_unit; /* unit of port_ticks() */
  uint16_t rx_buffer;         /* bytes that may arrive unread while the core is busy; 0: none */
} port_info_t;

/* Clocks, serial link, counter. Called once, first. It cannot fail in a way that anyone could be told. */
void port_init(void);

/* Static facts, never NULL. */
const port_info_t *port_info(void);

/* Copies up to `capacity` received bytes to `data` and returns how many; 0 if none is there. Never waits. */
size_t port_read(uint8_t *data, size_t capacity);

/* Sleeps until a byte may have arrived; may return early, and must return at once if one is there already. */
void port_wait(void);

/* Sends `size` bytes, waiting as long as the peer takes them. If the peer is gone for good (an unplugged USB
 * cable) the rest is dropped: the frame then fails its CRC, and the host asks again. */
void port_write(const uint8_t *data, size_t size);

/* A free-running counter in the unit of port_info(), in steps of one; wraps at 2^32. Where there is only a
 * coarser one, the unit is PORT_TICKS_NONE. */
uint32_t port_ticks(void);

/* The deepest the stack has been since start, in bytes, measured by painting; 0 if the port cannot tell. */
uint32_t port_stack_used(void);

#ifdef __cplusplus
}
#endif

#endif
