#include "usb_device.h"

#include "nrf52840.h"

/* The nRF52840's: no interrupt is ever enabled. Errata of revisions 1 to 3 are worked round unconditionally;
 * each place names its number. A DMA that never ends makes it leave the bus and join it again. */

/* Turns of a polling loop before hardware is given up: some milliseconds, where microseconds are due. */
enum { PATIENCE = 50000 };

typedef enum { OFF, READY, ATTACHED } state_t;

static const usb_events_t *events;
static state_t state;
static bool broken;         /* a DMA did not end: start anew */
static bool dma_odd;        /* EasyDMA has moved an odd number of bytes since the controller was enabled */
static bool enabled_before; /* since reset */

/* Writes behind a lock that a write of the key toggles; it may be open already. */
static void write_locked(volatile uint32_t *where, uint32_t value) {
  const bool locked = ERRATA_KEY == 0;
  if (locked) ERRATA_KEY = ERRATA_KEY_VALUE;
  *where = value;
  if (locked) ERRATA_KEY = ERRATA_KEY_VALUE;
}

static void disable(void) {
  USBD_ENABLE = 0;
  memory_barrier();
}

/* Enables the controller. 187: it would not come up; 171: it might not become active. */
static bool enable(void) {
  USBD_EVENTCAUSE = USBD_EVENTCAUSE_READY;
  write_locked(&ERRATA_187, 3);
  write_locked(&ERRATA_171, 0xC0);
  USBD_ENABLE = 1;
  memory_barrier();
  uint32_t turns = PATIENCE;
  while ((USBD_EVENTCAUSE & USBD_EVENTCAUSE_READY) == 0 && --turns > 0) {
  }
  USBD_EVENTCAUSE = USBD_EVENTCAUSE_READY;
  write_locked(&ERRATA_171, 0);
  write_locked(&ERRATA_187, 0);
  if (turns == 0) disable();
  return turns > 0;
}

/* One EasyDMA transfer, to its end: the controller can do only one at a time, and 199: must be told that it
 * does. */
static void dma(volatile uint32_t *task, volatile uint32_t *ended, size_t size) {
  *ended = 0;
  ERRATA_199 = 0x82;
  memory_barrier();
  *task = 1;
  uint32_t turns = PATIENCE;
  while (*ended == 0 && --turns > 0) {
  }
  *ended = 0;
  ERRATA_199 = 0;
  memory_barrier();
  if (turns == 0) broken = true;
  if (size & 1u) dma_odd = !dma_odd;
}

bool usb_serial_number(uint32_t number[2]) { /* the same digits as Arduino's core and bootloader show */
  number[0] = FICR_DEVICEADDR1;
  number[1] = FICR_DEVICEADDR0;
  return true;
}

bool usb_suspended(void) { return false; } /* usb_poll() sees the cable go */

bool usb_set_address(uint8_t address) { /* the controller has taken it, and answers by itself */
  (void)address;
  return false;
}

void usb_ep0_accept(void) { USBD_EP0STATUS = 1; }
void usb_ep0_stall(void) { USBD_EP0STALL = 1; }
void usb_ep0_receive(void) { USBD_EP0RCVOUT = 1; }

void usb_ep_halt(uint8_t address) { USBD_EPSTALL = USBD_EPSTALL_STALL | address; }

bool usb_ep_halted(uint8_t address) {
  const uint32_t ep = address & 7u;
  return (((address & 0x80u) ? USBD_HALTED_EPIN(ep) : USBD_HALTED_EPOUT(ep)) & 1u) != 0;
}

void usb_ep_open(uint8_t address) {
  const uint32_t ep = address & 7u;
  if (address & 0x80u)
    USBD_EPINEN |= 1u << ep;
  else
    USBD_EPOUTEN |= 1u << ep;
  USBD_EPSTALL = address;                              /* not stalled */
  USBD_DTOGGLE = address;                              /* selects the endpoint ... */
  USBD_DTOGGLE = USBD_DTOGGLE_DATA0 | address;         /* ... and only then the value is taken */
  if ((address & 0x80u) == 0) USBD_SIZE_EPOUT(ep) = 0; /* any value: ready for a packet */
}

void usb_ep_send(uint8_t ep, const uint8_t *data, size_t size) {
  USBD_EPIN_PTR(ep) = (uint32_t)(uintptr_t)data;
  USBD_EPIN_MAXCNT(ep) = (uint32_t)size;
  dma(&USBD_STARTEPIN(ep), &USBD_EV_ENDEPIN(ep), size);
}

size_t usb_ep_receive(uint8_t ep, uint8_t *buffer) {
  const size_t size = USBD_SIZE_EPOUT(ep);
  if (size > 0) {
    USBD_EPOUT_PTR(ep) = (uint32_t)(uintptr_t)buffer;
    USBD_EPOUT_MAXCNT(ep) = (uint32_t)size;
    dma(&USBD_STARTEPOUT(ep), &USBD_EV_ENDEPOUT(ep), size);
  } else {
    USBD_SIZE_EPOUT(ep) = 0; /* an empty packet: nothing to fetch, but the next one is to come */
  }
  return size;
}

void usb_start(const usb_events_t *given) {
  events = given;
  if (USBD_ENABLE) { /* a bootloader that did not reset: leave the bus for some 10 ms, so that the host
                        notices */
    USBD_USBPULLUP = 0;
    for (volatile uint32_t turns = 0; turns < 2 * PATIENCE; ++turns) {
    }
    disable();
  }
  state = OFF;
  CLOCK_HFCLKSTART = 1; /* USB needs the crystal */
}

static bool join(void) {
  if (!enable()) return false;
  if (!enabled_before) { /* 223: the first time after a reset it must be enabled twice */
    disable();
    if (!enable()) return false;
    enabled_before = true;
  }
  write_locked(&ERRATA_187, 3); /* 166: settings of the isochronous buffers, to be made in any case */
  ERRATA_166_INDEX = 0x7E3;
  ERRATA_166_VALUE = 0x40;
  memory_barrier();
  ERRATA_199 = 0;
  write_locked(&ERRATA_187, 0);
  dma_odd = false;
  broken = false;
  return true;
}

void usb_stop(void) {
  USBD_USBPULLUP = 0;
  /* After an odd number of bytes the first transfer of the next session would go wrong. */
  static uint8_t byte USB_ALIGNED;
  if (dma_odd && !broken) usb_ep_send(0, &byte, 1);
  disable();
  ERRATA_199 = 0;
  events->reset();
  state = OFF;
}

static void answer(void) {
  if (USBD_EV_USBRESET) {
    USBD_EV_USBRESET = 0;
    USBD_EPINEN = 1;
    USBD_EPOUTEN = 1;
    USBD_EV_EPDATA = 0; /* what came before is void */
    USBD_EPDATASTATUS = 0xFFFFFFFFu;
    events->reset();
  }
  if (USBD_EV_EPDATA) {
    USBD_EV_EPDATA = 0;
    const uint32_t epdata = USBD_EPDATASTATUS;
    USBD_EPDATASTATUS = epdata;
    events->transferred(epdata);
  }
  if (USBD_EV_EP0DATADONE) { /* before a new request, which it would be taken for */
    USBD_EV_EP0DATADONE = 0;
    events->data_done();
  }
  if (USBD_EV_EP0SETUP) {
    USBD_EV_EP0SETUP = 0;
    const usb_setup_t setup = {
        .request_type = (uint8_t)USBD_SETUP(0),
        .request = (uint8_t)USBD_SETUP(1),
        .value = (uint16_t)(USBD_SETUP(2) | USBD_SETUP(3) << 8),
        .index = (uint16_t)(USBD_SETUP(4) | USBD_SETUP(5) << 8),
        .length = (uint16_t)(USBD_SETUP(6) | USBD_SETUP(7) << 8),
    };
    events->setup(&setup);
  }
}

void usb_poll(void) {
  const uint32_t power = POWER_USBREGSTATUS;
  if ((power & POWER_VBUSDETECT) == 0 || broken) {
    if (state != OFF) usb_stop();
    broken = false;
    return;
  }
  switch (state) {
    case OFF:
      if (join()) state = READY;
      break;
    case READY:
      if ((power & POWER_OUTPUTRDY) && CLOCK_HFCLKSTAT == CLOCK_HFCLKSTAT_XTAL_RUNNING) {
        USBD_USBPULLUP = 1;
        state = ATTACHED;
      }
      break;
    case ATTACHED:
      answer();
      break;
  }
}

void usb_linger(uint32_t milliseconds) { /* a frame of the bus is one */
  uint32_t turns = 20 * PATIENCE;
  for (uint32_t last = USBD_FRAMECNTR; milliseconds > 0 && --turns > 0;) {
    usb_poll();
    const uint32_t now = USBD_FRAMECNTR;
    if (now != last) --milliseconds;
    last = now;
  }
}
