/* usb_descriptors.h: what the board tells the host of itself: one CDC-ACM serial port, full speed. */
#ifndef TINYML_USB_DESCRIPTORS_H
#define TINYML_USB_DESCRIPTORS_H

#include <stddef.h>
#include <stdint.h>

enum {
  USB_EP_NOTIFY = 1, /* interrupt IN; required by the class, never used */
  USB_EP_DATA = 2,   /* bulk IN and OUT */
  USB_PACKET = 64,   /* bytes of a full-speed bulk or control packet */
};

/* The descriptor that GET_DESCRIPTOR asks for.
 *
 * kind, index: high and low byte of wValue.
 * buffer: USB_PACKET bytes of RAM in which a string is made.
 * size: receives the descriptor's bytes.
 * Returns the descriptor, or NULL if there is none: the request is then to be stalled.
 */
const uint8_t *usb_descriptor(uint8_t kind, uint8_t index, uint8_t *buffer, size_t *size);

#endif
