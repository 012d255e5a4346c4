/* port.h for QEMU's microbit: UART 0 of the nRF51822, received by interrupt; instructions counted by TIMER 0.
 *
 * The timer's 16 MHz are 62.5 ns a tick: see cortexm/instructions.h. Registers: nRF51 series reference manual
 * v3.0, chapters 18 (TIMER) and 29 (UART).
 */
#include "port.h"

#include "build_info.h"
#include "cortexm.h"
#include "ring.h"

#define REG32(address) (*(volatile uint32_t *)(address))

#define UART_STARTRX REG32(0x40002000u)
#define UART_STARTTX REG32(0x40002008u)
#define UART_RXDRDY REG32(0x40002108u)
#define UART_TXDRDY REG32(0x4000211Cu)
#define UART_INTENSET REG32(0x40002304u)
#define UART_INT_RXDRDY (1u << 2)
#define UART_ENABLE REG32(0x40002500u)
#define UART_ENABLED 4u
#define UART_PSELTXD REG32(0x4000250Cu)
#define UART_PSELRXD REG32(0x40002514u)
#define UART_RXD REG32(0x40002518u)
#define UART_TXD REG32(0x4000251Cu)
#define UART_BAUDRATE REG32(0x40002524u)
#define UART_115200_BAUD 0x01D7E000u

#define TIMER0_START REG32(0x40008000u)
#define TIMER0_CAPTURE0 REG32(0x40008040u)
#define TIMER0_BITMODE REG32(0x40008508u)
#define TIMER0_PRESCALER REG32(0x40008510u)
#define TIMER0_CC0 REG32(0x40008540u)
#define TIMER_32_BITS 3u

enum {
  UART0_IRQ = 2,
  TX_PIN = 24, /* the pins to the micro:bit's USB interface */
  RX_PIN = 25,
  PRESCALER_16_MHZ = 0,
  INSTRUCTIONS_PER_TICKS = 125, /* 62.5 ns of 128 */
  TICKS_SHIFT = 8,
};

/* 32 bits: more than 2.1e9 instructions between two readings are counted short. */
static uint64_t counter(void) {
  TIMER0_CAPTURE0 = 1;
  return TIMER0_CC0;
}

#include "instructions.h"

static ring_t received;

static void serve_uart(void) {
  interrupt_begins();
  /* Each read of RXD takes one byte out of the FIFO of six, and raises RXDRDY again if there is another. */
  while (UART_RXDRDY) {
    UART_RXDRDY = 0;
    ring_put(&received, (uint8_t)UART_RXD);
  }
  interrupt_ends();
}

CORTEXM_INTERRUPTS = {[UART0_IRQ] = serve_uart};

void port_init(void) {
  TIMER0_BITMODE = TIMER_32_BITS;
  TIMER0_PRESCALER = PRESCALER_16_MHZ;
  TIMER0_START = 1;
  UART_PSELTXD = TX_PIN;
  UART_PSELRXD = RX_PIN;
  UART_BAUDRATE = UART_115200_BAUD;
  UART_ENABLE = UART_ENABLED;
  UART_INTENSET = UART_INT_RXDRDY;
  UART_STARTTX = 1;
  UART_STARTRX = 1;
  cortexm_enable_interrupt(UART0_IRQ);
  instructions_init(UART0_IRQ);
}

const port_info_t *port_info(void) {
  static const port_info_t info = {tinyml_build_board, PORT_TICKS_INSTRUCTIONS, RING_BYTES};
  return &info;
}

size_t port_read(uint8_t *data, size_t capacity) { return ring_read(&received, data, capacity); }

void port_wait(void) {
  /* Masked, a byte that comes between the question and the sleep still ends the sleep. */
  cortexm_mask_interrupts();
  if (ring_size(&received) == 0) cortexm_wait_for_interrupt();
  cortexm_unmask_interrupts();
}

void port_write(const uint8_t *data, size_t size) {
  for (; size; --size) {
    UART_TXDRDY = 0;
    UART_TXD = *data++;
    while (!UART_TXDRDY) {
    }
  }
}
