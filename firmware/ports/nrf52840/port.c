/* port.h for boards with the nRF52840: a serial port over the chip's own USB, time from the cycle counter. */
#include "port.h"

#include "build_info.h"
#include "cdc.h"
#include "cortexm.h"
#include "nrf52840.h"
#include "usb_device.h"
#include "usb_names.h"

enum {
  CYCLES_PER_MICROSECOND = 64,
  /* The host's buffers hold what does not fit: USB holds it back. This bounds what is on the way after an
     abort. */
  RX_WINDOW = 2048,
};

static port_info_t info = {.board = tinyml_build_board, .tick_unit = PORT_TICKS_NONE, .rx_buffer = RX_WINDOW};

static void start_cycle_counter(void) {
  CLOCK_TRACECONFIG = 0; /* the trace pins belong to the board's I2C pull-ups */
  DEMCR |= DEMCR_TRCENA;
  if (DWT_CTRL & DWT_CTRL_NOCYCCNT)
    return; /* none (the virtual board has no time): no ticks rather than wrong ones */
  DWT_CYCCNT = 0;
  DWT_CTRL |= DWT_CTRL_CYCCNTENA;
  info.tick_unit = PORT_TICKS_MICROSECONDS;
}

static void serve_usb(void) {
  usb_poll();
  if (!cdc_touched()) return;
  usb_linger(5); /* let the request that brought the touch end well */
  usb_stop();
  POWER_GPREGRET = USB_TOUCH_VALUE; /* the bootloader stays after the reset */
  cortexm_reset();
}

void port_init(void) {
  NVMC_ICACHECNF = 1; /* without its cache the flash costs wait states on every jump */
  start_cycle_counter();
  usb_control_start(&cdc_class);
}

const port_info_t *port_info(void) { return &info; }

size_t port_read(uint8_t *data, size_t capacity) {
  const size_t size = cdc_read(data, capacity);
  if (size > 0) return size;
  serve_usb();
  return cdc_read(data, capacity);
}

void port_wait(void) { (void)port_ticks(); /* so that no wrap of the cycle counter is missed while idle */ }

void port_write(const uint8_t *data, size_t size) { cdc_write(data, size); }

uint32_t port_ticks(void) {
  static uint32_t last;
  static uint64_t cycles;
  if (info.tick_unit == PORT_TICKS_NONE) return 0;
  const uint32_t now =
      DWT_CYCCNT; /* wraps every 67 s; a network that computes for longer would be counted short */
  cycles += now - last;
  last = now;
  return (uint32_t)(cycles / CYCLES_PER_MICROSECOND);
}
