/* Sends back what it receives; '?' is answered with two bytes, '#' with the ticks, '!' with a fault. */
#include "build_info.h"
#include "port.h"

const char tinyml_build_board[] = "nano33";
elements_scale_t *const tinyml_build_scale = 0;

int main(void) {
  uint8_t bytes[200];
  port_init();
  for (;;) {
    const size_t size = port_read(bytes, sizeof bytes);
    if (size == 0) {
      port_wait();
    } else if (size == 1 && bytes[0] == '?') {
      port_write((const uint8_t[2]){1, 2}, 2);
    } else if (size == 1 && bytes[0] == '#') {
      const uint32_t ticks = port_ticks();
      const uint8_t answer[5] = {(uint8_t)port_info()->tick_unit, (uint8_t)ticks, (uint8_t)(ticks >> 8),
                                 (uint8_t)(ticks >> 16), (uint8_t)(ticks >> 24)};
      port_write(answer, sizeof answer);
    } else if (size == 1 && bytes[0] == '!') {
      *(volatile uint32_t *)0x70000000u = 0;
    } else {
      port_write(bytes, size);
    }
  }
}
