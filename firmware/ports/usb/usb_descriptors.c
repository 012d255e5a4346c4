/* USB 2.0 chapter 9.6; CDC 1.2 chapter 5.2; the interface association descriptor is ECN 2003-07. */
#include "usb_descriptors.h"

#include <string.h>

#include "usb_device.h"
#include "usb_names.h"

enum { DEVICE = 1, CONFIGURATION = 2, STRING = 3 };
enum { LANGUAGES = 0, MANUFACTURER = 1, PRODUCT = 2, SERIAL_NUMBER = 3 };

#define U16(value) (uint8_t)((value)&0xFF), (uint8_t)((value) >> 8)

/* clang-format off */
static const uint8_t device[] = {
    18, DEVICE,
    U16(0x0200), /* USB 2.0 */
    0xEF, 2, 1,  /* functions by interface association */
    USB_PACKET,  /* of endpoint 0 */
    U16(USB_VENDOR_ID),
    U16(USB_PRODUCT_ID),
    U16(0x0100), MANUFACTURER, PRODUCT, SERIAL_NUMBER,
    1,           /* configurations */
};

enum { DEVICE_SERIAL_NUMBER = 16 }; /* iSerialNumber in it; 0: there is none */

enum { CONFIGURATION_BYTES = 9 + 8 + 9 + 5 + 5 + 4 + 5 + 7 + 9 + 7 + 7 };

static const uint8_t configuration[CONFIGURATION_BYTES] = {
    /* configuration 1: two interfaces, powered by the bus, 100 mA */
    9, CONFIGURATION, U16(CONFIGURATION_BYTES), 2, 1, 0, 0x80, 50,
    /* association: interfaces 0 and 1 are one CDC-ACM function */
    8, 11, 0, 2, 2, 2, 0, 0,
    /* interface 0: control, one endpoint, CDC abstract control model */
    9, 4, 0, 0, 1, 2, 2, 0, 0,
    /* header: CDC 1.10 */
    5, 0x24, 0, U16(0x0110),
    /* call management: none, data interface 1 */
    5, 0x24, 1, 0, 1,
    /* abstract control: line coding and control line state */
    4, 0x24, 2, 2,
    /* union: control interface 0, data interface 1 */
    5, 0x24, 6, 0, 1,
    /* endpoint: notifications, interrupt IN, 8 bytes, every 16 ms */
    7, 5, 0x80 | USB_EP_NOTIFY, 3, U16(8), 16,
    /* interface 1: data, two endpoints */
    9, 4, 1, 0, 2, 10, 0, 0, 0,
    /* endpoints: bulk OUT and IN */
    7, 5, USB_EP_DATA, 2, U16(USB_PACKET), 0,
    7, 5, 0x80 | USB_EP_DATA, 2, U16(USB_PACKET), 0,
};
/* clang-format on */

static size_t start_string(uint8_t *buffer) {
  buffer[1] = STRING;
  return 2;
}

static size_t add_character(uint8_t *buffer, size_t at, char character) {
  buffer[at] = (uint8_t)character;
  buffer[at + 1] = 0;
  return at + 2;
}

static size_t add_text(uint8_t *buffer, size_t at, const char *text) {
  while (*text != '\0') at = add_character(buffer, at, *text++);
  return at;
}

static size_t add_hex(uint8_t *buffer, size_t at, uint32_t value) {
  for (int shift = 28; shift >= 0; shift -= 4)
    at = add_character(buffer, at, "0123456789ABCDEF"[(value >> shift) & 15u]);
  return at;
}

const uint8_t *usb_descriptor(uint8_t kind, uint8_t index, uint8_t *buffer, size_t *size) {
  uint32_t number[2];
  if (kind == DEVICE) {
    memcpy(buffer, device, sizeof device);
    if (!usb_serial_number(number)) buffer[DEVICE_SERIAL_NUMBER] = 0;
    *size = sizeof device;
    return buffer;
  }
  if (kind == CONFIGURATION) {
    *size = sizeof configuration;
    return configuration;
  }
  if (kind != STRING) return NULL;

  size_t end = start_string(buffer);
  switch (index) {
    case LANGUAGES: /* English (United States) */
      buffer[end++] = 0x09;
      buffer[end++] = 0x04;
      break;
    case MANUFACTURER:
      end = add_text(buffer, end, USB_MANUFACTURER_NAME);
      break;
    case PRODUCT:
      end = add_text(buffer, end, USB_PRODUCT_NAME);
      break;
    case SERIAL_NUMBER:
      if (!usb_serial_number(number)) return NULL;
      end = add_hex(buffer, end, number[0]);
      end = add_hex(buffer, end, number[1]);
      break;
    default:
      return NULL;
  }
  buffer[0] = (uint8_t)end;
  *size = end;
  return buffer;
}
