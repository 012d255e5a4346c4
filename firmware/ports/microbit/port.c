/* port.h for QEMU's microbit, of which nothing but QEMU is asked: instructions counted by TIMER 0. */
#include "port.h"

#include "build_info.h"
#include "nrf51_timer.h"
/* what they need stands before */
#include "instructions.h"

enum { NRF_UART_TX_PIN = 24, NRF_UART_RX_PIN = 25 };
#include "nrf_uart.h"

void port_init(void) {
  nrf51_timer_init();
  nrf_uart_init();
  instructions_init(UART0_IRQ);
}

const port_info_t *port_info(void) {
  static const port_info_t info = {tinyml_build_board, PORT_TICKS_INSTRUCTIONS, RING_BYTES};
  return &info;
}
