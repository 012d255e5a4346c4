/* port.h for the nRF52833 of a micro:bit V2: UART 0 on the pins of its interface chip; time from the cycle
 * counter.
 *
 * Pins: the micro:bit V2's schematic 2.2.1, UART_INT_RX (P1.08) and UART_INT_TX (P0.06). Registers: nRF52833
 * product specification 1.5 (CLOCK 5.4, NVMC 4.3, UART 6.33) and the Armv7-M architecture manual (DWT).
 */
#include "port.h"

#include "build_info.h"

enum { NRF_UART_TX_PIN = 6, NRF_UART_RX_PIN = 32 + 8 };
static inline void interrupt_begins(void) {}
static inline void interrupt_ends(void) {}
#include "nrf_uart.h"

#define CLOCK_HFCLKSTART REG32(0x40000000u)
#define NVMC_ICACHECNF REG32(0x4001E540u)
#define DWT_CTRL REG32(0xE0001000u)
#define DWT_CTRL_CYCCNTENA 1u
#define DWT_CYCCNT REG32(0xE0001004u)
#define DEMCR REG32(0xE000EDFCu)
#define DEMCR_TRCENA (1u << 24)

void port_init(void) {
  CLOCK_HFCLKSTART =
      1; /* the crystal: 115200 baud want better than the RC oscillator, which does until it runs */
  NVMC_ICACHECNF = 1; /* without its cache the flash costs wait states on every jump */
  DEMCR |= DEMCR_TRCENA;
  DWT_CYCCNT = 0;
  DWT_CTRL |= DWT_CTRL_CYCCNTENA;
  nrf_uart_init();
}

const port_info_t *port_info(void) {
  static const port_info_t info = {tinyml_build_board, PORT_TICKS_CYCLES, RING_BYTES};
  return &info;
}

uint32_t port_ticks(void) { return DWT_CYCCNT; }
