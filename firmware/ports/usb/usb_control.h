/* usb_control.h: endpoint 0: the host's requests, standard ones answered here, the others by the device's
 * class.
 *
 *   cdc.c  a class: one interface's requests and endpoints     another one is another file
 *    |
 *   usb_control.c  endpoint 0
 *    |
 *   usb_device.c   the chip's controller
 */
#ifndef TINYML_USB_CONTROL_H
#define TINYML_USB_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "usb_device.h"

/* What a class of devices does; called from within usb_poll(). */
typedef struct {
  void (*reset)(void);     /* not configured any more */
  void (*configure)(void); /* opens its endpoints */
  bool (*has_endpoint)(uint8_t address);
  bool (*request)(const usb_setup_t *setup); /* false: it has no such request */
  void (*control_data)(const uint8_t *data, size_t size);
  void (*transferred)(uint32_t endpoints); /* as usb_events_t has it */
} usb_class_t;

/* usb_start() for a device of this class, which must stay. */
void usb_control_start(const usb_class_t *class);

/* Answers to a control request; exactly one of them, or `return false`, ends a class's request(). */
void usb_reply_data(const uint8_t *data, size_t size);
void usb_reply_accept(void);
void usb_reply_receive(void); /* control_data() gets what comes; then it is accepted */

#endif
