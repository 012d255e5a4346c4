/* port.h for the nRF51822 of a micro:bit V1: UART 0 on the pins of its interface chip; time from TIMER 0, in
 * processor cycles, and in QEMU in instructions. The port of QEMU's own micro:bit, of which there is no
 * other, is ports/microbit.
 *
 * The timer and the UART need the crystal; the timer asks for it itself (nRF51 series reference manual
 * v3.0, 13.1). Pins: the micro:bit's schematic 1.5.
 */
#include "port.h"

#include "build_info.h"
#include "nrf51_timer.h"
/* what they need stands before */
#define INSTRUCTIONS_OR_CYCLES
#include "instructions.h"

enum { NRF_UART_TX_PIN = 24, NRF_UART_RX_PIN = 25 };
#include "nrf_uart.h"

static port_info_t info = {.board = tinyml_build_board, .rx_buffer = RING_BYTES};

void port_init(void) {
  nrf51_timer_init();
  nrf_uart_init();
  tell_chip_from_emulator();
  instructions_init(UART0_IRQ);
  info.tick_unit = ticks_unit();
}

const port_info_t *port_info(void) { return &info; }
