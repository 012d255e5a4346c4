/* A port to copy: it compiles, and does nothing. Fill in each function after its contract in port.h, and add
 * a board file with `port = "<this folder>"` (docs/boards.md). On a bare-metal Cortex-M link.ld is rendered
 * from the board file, and port_stack_used() is in ports/cortexm. */
#include "port.h"

#include "build_info.h"

/* Start the clocks, the serial link and the counter. */
void port_init(void) {}

const port_info_t *port_info(void) {
  static const port_info_t info = {
      .board = tinyml_build_board,
      .tick_unit = PORT_TICKS_NONE, /* the unit that port_ticks() honestly has */
      .rx_buffer = 0,               /* bytes that are kept while the network is computed */
  };
  return &info;
}

/* Copy what has arrived. */
size_t port_read(uint8_t *data, size_t capacity) {
  (void)data;
  (void)capacity;
  return 0;
}

/* Sleep until there is something to read. Returning at once is correct, and keeps the processor busy. */
void port_wait(void) {}

/* Send it all. */
void port_write(const uint8_t *data, size_t size) {
  (void)data;
  (void)size;
}

uint32_t port_ticks(void) { return 0; }

uint32_t port_stack_used(void) { return 0; }
