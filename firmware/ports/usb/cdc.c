#include "cdc.h"

#include <string.h>

#include "usb_descriptors.h"
#include "usb_device.h"

/* CDC PSTN 1.2, chapter 6.3 */
enum { SET_LINE_CODING = 0x20, GET_LINE_CODING = 0x21, SET_CONTROL_LINE_STATE = 0x22, SEND_BREAK = 0x23 };
enum { LINE_CODING_BYTES = 7, DTR = 1, TOUCH_BAUD = 1200 };

/* A packet shorter than the endpoint's ends a transfer. With no full packet there is never a need for an
 * empty one behind it, which a host would otherwise wait for before it hands anything on. */
enum { IN_BYTES = USB_PACKET - 1 };

static uint8_t line_coding[LINE_CODING_BYTES] = {0x00, 0xC2, 0x01, 0x00, 0, 0, 8}; /* 115200 8N1 */
static bool configured;
static bool opened; /* DTR */
static bool touched;
static bool in_busy;  /* a packet waits for the host to take it */
static bool out_full; /* a packet waits in the endpoint for us to take it */
static uint8_t in_packet[USB_PACKET] USB_ALIGNED;
static uint8_t out_packet[USB_PACKET] USB_ALIGNED;
static size_t out_at, out_end; /* what is unread in out_packet */

static void reset(void) {
  configured = false;
  opened = false;
  in_busy = false;
  out_full = false;
}

static void configure(void) {
  reset();
  usb_ep_open(0x80 | USB_EP_NOTIFY);
  usb_ep_open(0x80 | USB_EP_DATA);
  usb_ep_open(USB_EP_DATA);
  configured = true;
}

static bool has_endpoint(uint8_t address) {
  return address == USB_EP_DATA || address == (0x80 | USB_EP_DATA) || address == (0x80 | USB_EP_NOTIFY);
}

static bool request(const usb_setup_t *setup) {
  switch (setup->request) {
    case SET_LINE_CODING:
      if (setup->length != LINE_CODING_BYTES) return false;
      usb_reply_receive();
      return true;
    case GET_LINE_CODING:
      usb_reply_data(line_coding, sizeof line_coding);
      return true;
    case SET_CONTROL_LINE_STATE: {
      uint32_t baud;
      memcpy(&baud, line_coding, sizeof baud);
      opened = (setup->value & DTR) != 0;
      touched = !opened && baud == TOUCH_BAUD;
      usb_reply_accept();
      return true;
    }
    case SEND_BREAK:
      usb_reply_accept();
      return true;
    default:
      return false;
  }
}

static void control_data(const uint8_t *data, size_t size) {
  if (size == LINE_CODING_BYTES) memcpy(line_coding, data, LINE_CODING_BYTES);
}

static void transferred(uint32_t endpoints) {
  if (endpoints & USB_IN(USB_EP_DATA)) in_busy = false;
  if (endpoints & USB_OUT(USB_EP_DATA)) out_full = true;
}

const usb_class_t cdc_class = {reset, configure, has_endpoint, request, control_data, transferred};

size_t cdc_read(uint8_t *data, size_t capacity) {
  if (out_at == out_end && out_full) {
    out_full = false;
    out_at = 0;
    out_end = usb_ep_receive(USB_EP_DATA, out_packet);
  }
  size_t size = out_end - out_at;
  if (size > capacity) size = capacity;
  memcpy(data, out_packet + out_at, size);
  out_at += size;
  return size;
}

void cdc_write(const uint8_t *data, size_t size) {
  while (size > 0) {
    while (configured && opened && in_busy && !usb_suspended()) usb_poll();
    if (!configured || !opened || in_busy) return;
    const size_t piece = size < IN_BYTES ? size : IN_BYTES;
    memcpy(in_packet, data, piece);
    in_busy = true;
    usb_ep_send(USB_EP_DATA, in_packet, piece);
    data += piece;
    size -= piece;
  }
}

bool cdc_touched(void) { return touched; }
