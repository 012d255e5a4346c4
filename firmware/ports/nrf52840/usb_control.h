/* usb_control.h: endpoint 0: the host's requests, standard ones answered here, the serial port's by cdc.c. */
#ifndef TINYML_USB_CONTROL_H
#define TINYML_USB_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
  uint8_t request_type; /* bmRequestType */
  uint8_t request;      /* bRequest */
  uint16_t value;       /* wValue */
  uint16_t index;       /* wIndex */
  uint16_t length;      /* wLength */
} usb_setup_t;

/* Called by usb_device.c. */
void usb_control_reset(void);     /* the bus was reset, or left: not configured */
void usb_control_setup(void);     /* a request has come */
void usb_control_data_done(void); /* a packet of its data stage has passed */

/* Answers to a control request; exactly one of them, or `return false`, ends cdc_request(). */
void usb_reply_data(const uint8_t *data, size_t size);
void usb_reply_accept(void);
void usb_reply_receive(void); /* cdc_control_data() gets what comes; then it is accepted */

#endif
