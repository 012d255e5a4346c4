#include "usb_device.h"

#include <string.h>

#include "rp2040.h"
#include "usb_descriptors.h"

/* The RP2040's (datasheet 4.1). Each endpoint has one buffer; a word of control in the controller's memory
 * hands it over, and must be complete for 12 cycles before the bit AVAILABLE is set (4.1.2.5.1). That there
 * is power is taken for granted: the chip has no pin for it, and the Pico's own lies on another. */

enum {
  CYCLES_PER_MILLISECOND = 125000, /* of SysTick, which port.c has started */
  GONE_MILLISECONDS = 10,          /* so long must the host see that a device has left */
};

typedef enum { STAGE_IDLE, STAGE_DATA, STAGE_STATUS } stage_t;

static const usb_events_t *events;
static stage_t stage;       /* of endpoint 0 */
static bool to_host;        /* the data stage of endpoint 0 goes there */
static uint8_t new_address; /* to be taken once the request that gave it has ended */
static uint32_t data1;      /* endpoints whose next packet is DATA1, as USB_IN() and USB_OUT() */
static bool joined;

static uint32_t bit_of(uint32_t ep, bool out) { return out ? USB_OUT(ep) : USB_IN(ep); }

/* The controller's memory takes accesses of any width, but a compiler's memcpy may make unaligned ones of it.
 */
static volatile uint8_t *buffer_of(uint32_t ep, bool out) {
  const uint32_t at =
      ep == 0 ? USB_EP0_BUFFER : USB_EP_BUFFERS + USB_PACKET * (2u * (ep - 1u) + (out ? 1u : 0u));
  return (volatile uint8_t *)(USB_DPRAM + at);
}

/* Lets a packet pass: its toggle is the other one than of the one before. */
static void hand_over(uint32_t ep, bool out, uint32_t control) {
  if (data1 & bit_of(ep, out)) control |= USB_BUFFER_DATA1;
  data1 ^= bit_of(ep, out);
  USB_BUFFER_CTRL(ep, out) = control;
  __asm volatile("nop\n nop\n nop\n nop\n nop\n nop\n nop\n nop\n nop\n nop\n nop\n nop");
  USB_BUFFER_CTRL(ep, out) = control | USB_BUFFER_AVAILABLE;
}

bool usb_serial_number(
    uint32_t number[2]) { /* the chip has none; its flash has, but cannot be asked while it runs */
  (void)number;
  return false;
}

bool usb_set_address(uint8_t address) {
  new_address = address;
  return true;
}

void usb_ep0_accept(void) {
  stage = STAGE_STATUS;
  data1 |= USB_IN(0) | USB_OUT(0);
  if (to_host)
    hand_over(0, true, 0);
  else
    hand_over(0, false, USB_BUFFER_FULL);
}

void usb_ep0_stall(void) {
  stage = STAGE_IDLE;
  USB_EP_STALL_ARM = 3;
  USB_BUFFER_CTRL(0, 0) = USB_BUFFER_STALL;
  USB_BUFFER_CTRL(0, 1) = USB_BUFFER_STALL;
}

void usb_ep0_receive(void) {
  stage = STAGE_DATA;
  hand_over(0, true, USB_PACKET);
}

void usb_ep_open(uint8_t address) {
  const uint32_t ep = address & 15u;
  const bool out = (address & 0x80u) == 0;
  const uint32_t kind = address == (0x80 | USB_EP_NOTIFY) ? USB_EP_CTRL_INTERRUPT : USB_EP_CTRL_BULK;
  const uint32_t at = (uint32_t)((uintptr_t)buffer_of(ep, out) - USB_DPRAM);
  USB_BUFFER_CTRL(ep, out) = 0;
  USB_EP_CTRL(ep, out) = USB_EP_CTRL_ENABLE | USB_EP_CTRL_TELL | kind | at;
  data1 &= ~bit_of(ep, out);
  if (out) hand_over(ep, true, USB_PACKET);
}

void usb_ep_halt(uint8_t address) {
  USB_BUFFER_CTRL(address & 15u, (address & 0x80u) == 0) = USB_BUFFER_STALL;
}

bool usb_ep_halted(uint8_t address) {
  return (USB_BUFFER_CTRL(address & 15u, (address & 0x80u) == 0) & USB_BUFFER_STALL) != 0;
}

void usb_ep_send(uint8_t ep, const uint8_t *data, size_t size) {
  volatile uint8_t *to = buffer_of(ep, false);
  for (size_t place = 0; place < size; ++place) to[place] = data[place];
  if (ep == 0) stage = STAGE_DATA;
  hand_over(ep, false, USB_BUFFER_FULL | (uint32_t)size);
}

size_t usb_ep_receive(uint8_t ep, uint8_t *buffer) {
  const volatile uint8_t *from = buffer_of(ep, true);
  size_t size = USB_BUFFER_CTRL(ep, 1) & USB_BUFFER_SIZE;
  if (size > USB_PACKET) size = USB_PACKET;
  for (size_t place = 0; place < size; ++place) buffer[place] = from[place];
  if (ep != 0) hand_over(ep, true, USB_PACKET);
  return size;
}

bool usb_suspended(void) { return (USB_SIE_STATUS & USB_SIE_SUSPENDED) != 0; }

/* Calls something again and again for a while. */
static void wait(uint32_t milliseconds, void (*meanwhile)(void)) {
  for (; milliseconds > 0; --milliseconds) {
    const uint32_t start = SYSTICK_CVR;
    while (((start - SYSTICK_CVR) & SYSTICK_MASK) < CYCLES_PER_MILLISECOND) meanwhile();
  }
}

static void idle(void) {}

void usb_start(const usb_events_t *given) {
  events = given;
  const bool was_on = (RESETS_RESET & RESETS_USBCTRL) == 0;
  SET(RESETS_RESET) = RESETS_USBCTRL;
  if (was_on) wait(GONE_MILLISECONDS, idle); /* the ROM's, or ours before a fault: let the host notice */
  CLEAR(RESETS_RESET) = RESETS_USBCTRL;
  while ((RESETS_DONE & RESETS_USBCTRL) == 0) {
  }
  joined = false;
}

static void join(void) {
  for (uint32_t at = 0; at < USB_DPRAM_BYTES; at += 4) REG32(USB_DPRAM + at) = 0;
  USB_MUXING = USB_MUXING_TO_PHY;
  USB_PWR = USB_PWR_VBUS_IS_THERE;
  USB_MAIN_CTRL = USB_MAIN_CTRL_ENABLE;
  USB_SIE_CTRL = USB_SIE_CTRL_EP0_TELL;
  USB_INTE = USB_INT_BUFFER | USB_INT_BUS_RESET | USB_INT_SETUP;
  SET(USB_SIE_CTRL) = USB_SIE_CTRL_PULLUP;
  stage = STAGE_IDLE;
  joined = true;
}

void usb_stop(void) {
  USB_INTE = 0;
  USB_SIE_CTRL = 0;
  USB_MAIN_CTRL = 0;
  events->reset();
  joined = false;
}

static void endpoint0_passed(bool out) {
  if (stage == STAGE_DATA && out != to_host) {
    events->data_done();
  } else if (stage == STAGE_STATUS) {
    stage = STAGE_IDLE;
    if (new_address) USB_ADDR_ENDP = new_address;
    new_address = 0;
  }
}

static void answer_setup(void) {
  const uint32_t first = USB_SETUP_PACKET, second = (&USB_SETUP_PACKET)[1];
  const usb_setup_t setup = {
      .request_type = (uint8_t)first,
      .request = (uint8_t)(first >> 8),
      .value = (uint16_t)(first >> 16),
      .index = (uint16_t)second,
      .length = (uint16_t)(second >> 16),
  };
  USB_BUFFER_CTRL(0, 0) = 0; /* what was to follow on the request before is void */
  USB_BUFFER_CTRL(0, 1) = 0;
  stage = STAGE_IDLE;
  new_address = 0;
  to_host = (setup.request_type & 0x80u) != 0 && setup.length != 0;
  data1 |= USB_IN(0) | USB_OUT(0);
  events->setup(&setup);
}

void usb_poll(void) {
  if (!joined) join();
  const uint32_t happened = USB_INTS;
  if (happened & USB_INT_BUS_RESET) {
    USB_SIE_STATUS = USB_SIE_BUS_RESET;
    USB_BUFF_STATUS = 0xFFFFFFFFu; /* what came before is void */
    USB_ADDR_ENDP = 0;
    new_address = 0;
    stage = STAGE_IDLE;
    events->reset();
    return;
  }
  if (happened & USB_INT_BUFFER) { /* before a new request, which it would be taken for */
    const uint32_t passed = USB_BUFF_STATUS;
    USB_BUFF_STATUS = passed;
    uint32_t endpoints = 0;
    for (uint32_t ep = 1; ep < 16; ++ep) {
      if (passed & (1u << (2 * ep))) endpoints |= USB_IN(ep);
      if (passed & (2u << (2 * ep))) endpoints |= USB_OUT(ep);
    }
    if (endpoints) events->transferred(endpoints);
    if (passed & 1u) endpoint0_passed(false);
    if (passed & 2u) endpoint0_passed(true);
  }
  if (happened & USB_INT_SETUP) {
    USB_SIE_STATUS = USB_SIE_SETUP;
    answer_setup();
  }
}

void usb_linger(uint32_t milliseconds) { wait(milliseconds, usb_poll); }
