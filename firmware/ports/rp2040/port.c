/* port.h for the RP2040: a serial port over the chip's own USB and one on UART 0 (GPIO 0 and 1), side by
 * side; time from SysTick, in processor cycles.
 *
 * An answer goes to the link on which the last byte came; before the first one, to both.
 */
#include "port.h"

#include "build_info.h"
#include "cdc.h"
#include "cortexm.h"
#include "ring.h"
#include "rp2040.h"
#include "usb_device.h"

enum { UART_TX_PIN = 0, UART_RX_PIN = 1 };

static ring_t received; /* by the UART; USB holds the host back instead */
static enum { LINK_ANY, LINK_USB, LINK_UART } link;
static volatile uint32_t wraps; /* of SysTick */

/* --- clocks: 12 MHz crystal, 125 MHz system, 48 MHz USB ------------------------------------------------- */

/* 12 MHz times `feedback` (750 to 1600 MHz), divided by both of `dividers`. */
static void start_pll(uint32_t pll, uint32_t feedback, uint32_t dividers) {
  PLL_FBDIV(pll) = feedback;
  CLEAR(PLL_PWR(pll)) = PLL_PWR_CORE;
  while ((PLL_CS(pll) & PLL_LOCK) == 0) {
  }
  PLL_PRIM(pll) = dividers;
  CLEAR(PLL_PWR(pll)) = PLL_PWR_POSTDIV;
}

static void take_out_of_reset(uint32_t blocks) {
  CLEAR(RESETS_RESET) = blocks;
  while ((RESETS_DONE & blocks) != blocks) {
  }
}

static void start_clocks(void) {
  XOSC_STARTUP = 47; /* 1 ms, in units of 256 cycles */
  XOSC_CTRL = XOSC_CTRL_ON_1_TO_15_MHZ;
  while ((XOSC_STATUS & XOSC_STABLE) == 0) {
  }
  /* The system runs from the crystal while the PLLs, that may be running, are set. */
  CLK_SYS_CTRL = CLK_SYS_REF;
  while (CLK_SYS_SELECTED != 1u << CLK_SYS_REF) {
  }
  CLK_REF_CTRL = CLK_REF_XOSC;
  while (CLK_REF_SELECTED != 1u << CLK_REF_XOSC) {
  }
  SET(RESETS_RESET) = RESETS_PLL_SYS | RESETS_PLL_USB;
  take_out_of_reset(RESETS_PLL_SYS | RESETS_PLL_USB);
  start_pll(PLL_SYS_BASE, 125, 6u << 16 | 2u << 12); /* 1500 MHz / 6 / 2 */
  start_pll(PLL_USB_BASE, 100, 5u << 16 | 5u << 12); /* 1200 MHz / 5 / 5 */
  CLK_SYS_CTRL = CLK_SYS_AUX;
  while (CLK_SYS_SELECTED != 1u << CLK_SYS_AUX) {
  }
  CLK_PERI_CTRL = CLK_ENABLE;
  CLK_USB_CTRL = CLK_ENABLE;
}

/* --- ticks ---------------------------------------------------------------------------------------------- */

void cortexm_systick_handler(void) { ++wraps; }

static void start_cycle_counter(void) {
  SYSTICK_RVR = SYSTICK_MASK;
  SYSTICK_CVR = 0;
  SYSTICK_CSR = SYSTICK_ON_CYCLES_INTERRUPT;
}

uint32_t port_ticks(void) {
  cortexm_mask_interrupts();
  uint32_t down = SYSTICK_CVR;
  uint32_t turns = wraps;
  if (ICSR & ICSR_SYSTICK_PENDING) { /* a wrap that is not counted yet, before or after the reading */
    down = SYSTICK_CVR;
    ++turns;
  }
  cortexm_unmask_interrupts();
  return (turns << SYSTICK_BITS) - down;
}

/* --- links ---------------------------------------------------------------------------------------------- */

static void serve_uart(void) {
  while ((UART_FR & UART_FR_RX_EMPTY) == 0) ring_put(&received, (uint8_t)UART_DR);
}

/* Only ends a sleep: what has happened stays to be seen by usb_poll(), and would be told again and again. */
static void wake_for_usb(void) { NVIC_ICER = 1u << USB_IRQ; }

CORTEXM_INTERRUPTS = {[USB_IRQ] = wake_for_usb, [UART0_IRQ] = serve_uart};

static void start_uart(void) {
  take_out_of_reset(RESETS_IO_BANK0 | RESETS_PADS_BANK0 | RESETS_UART0);
  UART_IBRD = 67; /* 125 MHz / 16 / 115200 = 67 + 52/64 */
  UART_FBRD = 52;
  UART_LCR_H = UART_LCR_H_8N1_FIFO;
  UART_CR = UART_CR_ON;
  UART_IMSC = UART_IMSC_RX;
  GPIO_CTRL(UART_TX_PIN) = GPIO_FUNCTION_UART;
  GPIO_CTRL(UART_RX_PIN) = GPIO_FUNCTION_UART;
  cortexm_enable_interrupt(UART0_IRQ);
}

/* Into the ROM's USB loader, which shows a drive (datasheet 2.8.3.1). */
static void enter_bootloader(void) {
  typedef void *(*lookup_t)(const uint16_t *table, uint32_t code);
  typedef void (*usb_boot_t)(uint32_t activity_pin_mask, uint32_t disabled_interfaces);
  uintptr_t table = 0x14;  /* two addresses of 16 bits lie there */
  __asm("" : "+r"(table)); /* GCC takes a small constant for a null pointer with an offset */
  const uint16_t *rom = (const uint16_t *)table;
  const lookup_t lookup = (lookup_t)(uintptr_t)rom[2];
  const uint16_t *functions = (const uint16_t *)(uintptr_t)rom[0];
  const usb_boot_t usb_boot = (usb_boot_t)(uintptr_t)lookup(functions, 'U' | 'B' << 8);
  usb_boot(0, 0);
}

static void serve_usb(void) {
  usb_poll();
  if (!cdc_touched()) return;
  usb_linger(5); /* let the request that brought the touch end well */
  usb_stop();
  enter_bootloader();
}

void port_init(void) {
  start_clocks();
  start_cycle_counter();
  start_uart();
  usb_control_start(&cdc_class);
}

const port_info_t *port_info(void) {
  static const port_info_t info = {tinyml_build_board, PORT_TICKS_CYCLES, RING_BYTES};
  return &info;
}

size_t port_read(uint8_t *data, size_t capacity) {
  size_t size = cdc_read(data, capacity);
  if (size == 0) {
    serve_usb();
    size = cdc_read(data, capacity);
  }
  if (size > 0) {
    link = LINK_USB;
    return size;
  }
  size = ring_read(&received, data, capacity);
  if (size > 0) link = LINK_UART;
  return size;
}

void port_wait(void) {
  /* Masked, what comes between the question and the sleep still ends the sleep. */
  cortexm_mask_interrupts();
  cortexm_enable_interrupt(USB_IRQ);
  if (ring_size(&received) == 0) cortexm_wait_for_interrupt();
  cortexm_unmask_interrupts();
}

void port_write(const uint8_t *data, size_t size) {
  if (link != LINK_UART) cdc_write(data, size);
  if (link == LINK_USB) return;
  for (; size; --size) {
    while (UART_FR & UART_FR_TX_FULL) {
    }
    UART_DR = *data++;
  }
}
