#include "usb_control.h"

#include <string.h>

#include "usb_descriptors.h"
#include "usb_device.h"

/* USB 2.0, table 9-4 */
enum {
  GET_STATUS = 0,
  CLEAR_FEATURE = 1,
  SET_FEATURE = 3,
  SET_ADDRESS = 5,
  GET_DESCRIPTOR = 6,
  GET_CONFIGURATION = 8,
  SET_CONFIGURATION = 9,
  GET_INTERFACE = 10,
  SET_INTERFACE = 11,
};
enum { TYPE_MASK = 0x60, TYPE_CLASS = 0x20, RECIPIENT_MASK = 0x1F, RECIPIENT_ENDPOINT = 2 };

static const usb_class_t *device_class;
static uint8_t configuration;
/* DMA may reach RAM only, and descriptors lie in flash. */
static uint8_t packet[USB_PACKET] USB_ALIGNED;
static size_t asked;         /* wLength of the request */
static const uint8_t *reply; /* what is left to be sent */
static size_t reply_left;
/* It is shorter than the host asked for: a full last packet needs an empty one behind it. */
static bool reply_short;
static enum { CONTROL_IDLE, CONTROL_IN, CONTROL_OUT } control;

static void reset(void) {
  configuration = 0;
  control = CONTROL_IDLE;
  device_class->reset();
}

static void send_next(void) {
  const size_t size = reply_left < USB_PACKET ? reply_left : USB_PACKET;
  memmove(packet, reply, size);
  reply += size;
  reply_left -= size;
  control = CONTROL_IN;
  if (size < USB_PACKET) reply_short = false;
  usb_ep_send(0, packet, size);
}

void usb_reply_data(const uint8_t *data, size_t size) {
  if (asked == 0) { /* no data stage */
    usb_reply_accept();
    return;
  }
  reply_short = size < asked;
  reply = data;
  reply_left = size < asked ? size : asked;
  send_next();
}

void usb_reply_accept(void) { usb_ep0_accept(); }

void usb_reply_receive(void) {
  control = CONTROL_OUT;
  usb_ep0_receive();
}

static void data_done(void) {
  if (control == CONTROL_OUT) {
    const size_t size = usb_ep_receive(0, packet);
    device_class->control_data(packet, size);
  } else if (control == CONTROL_IN && (reply_left > 0 || reply_short)) {
    send_next();
    return;
  }
  if (control != CONTROL_IDLE) usb_reply_accept();
  control = CONTROL_IDLE;
}

/* Table 9-6: the one feature of an endpoint is that it is halted. */
enum { ENDPOINT_HALT = 0 };

static bool endpoint_request(const usb_setup_t *setup, uint8_t status[2]) {
  const uint8_t address = (uint8_t)setup->index;
  const uint8_t ep = address & 0x7Fu;
  if (ep == 0) return setup->request == GET_STATUS;
  if (configuration == 0 || !device_class->has_endpoint(address)) return false;
  if (setup->request == GET_STATUS) {
    status[0] = usb_ep_halted(address);
    return true;
  }
  if (setup->value != ENDPOINT_HALT) return false;
  if (setup->request == CLEAR_FEATURE) usb_ep_open(address);
  if (setup->request == SET_FEATURE) usb_ep_halt(address);
  return true;
}

static bool standard_request(const usb_setup_t *setup) {
  uint8_t status[2] = {0, 0};
  size_t size = 0;
  const uint8_t *found;
  switch (setup->request) {
    case SET_ADDRESS:
      if (usb_set_address((uint8_t)setup->value)) usb_reply_accept();
      return true;
    case GET_DESCRIPTOR:
      found = usb_descriptor((uint8_t)(setup->value >> 8), (uint8_t)setup->value, packet, &size);
      if (found == NULL) return false;
      usb_reply_data(found, size);
      return true;
    case GET_CONFIGURATION:
      usb_reply_data(&configuration, 1);
      return true;
    case SET_CONFIGURATION:
      if (setup->value > 1) return false;
      configuration = (uint8_t)setup->value;
      if (configuration != 0)
        device_class->configure();
      else
        device_class->reset();
      usb_reply_accept();
      return true;
    case GET_INTERFACE:
      usb_reply_data(status, 1);
      return true;
    case SET_INTERFACE: /* there are no alternate settings */
      if (setup->value != 0) return false;
      usb_reply_accept();
      return true;
    case GET_STATUS:
    case CLEAR_FEATURE:
    case SET_FEATURE:
      if ((setup->request_type & RECIPIENT_MASK) == RECIPIENT_ENDPOINT) {
        if (!endpoint_request(setup, status)) return false;
      } else if (setup->request != GET_STATUS) {
        return false; /* no remote wake-up, no test mode */
      }
      if (setup->request == GET_STATUS)
        usb_reply_data(status, 2);
      else
        usb_reply_accept();
      return true;
    default:
      return false;
  }
}

static void answer_setup(const usb_setup_t *setup) {
  control = CONTROL_IDLE;
  asked = setup->length;
  const uint8_t type = setup->request_type & TYPE_MASK;
  const bool known = type == 0 ? standard_request(setup) : type == TYPE_CLASS && device_class->request(setup);
  if (!known) usb_ep0_stall();
}

static void transferred(uint32_t endpoints) { device_class->transferred(endpoints); }

void usb_control_start(const usb_class_t *class) {
  static const usb_events_t events = {reset, answer_setup, data_done, transferred};
  device_class = class;
  usb_start(&events);
}
