/* usb_device.h: the nRF52840's USB device controller, polled: no interrupt is ever enabled.
 *
 *   usb_start   usb_poll        usb_poll            usb_poll
 *   OFF ------> (VBUS) READY -> (HFXO, 3.3 V) ATTACHED: answers the host
 *    ^---------------- VBUS gone, usb_stop, or a DMA that never ended ----------------|
 *
 * Errata of revisions 1 to 3 are worked round unconditionally; each place names its number.
 */
#ifndef TINYML_USB_DEVICE_H
#define TINYML_USB_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What happens on the bus, told from within usb_poll(). */
typedef struct {
  void (*reset)(void);                  /* the bus was reset, or left: not configured */
  void (*setup)(void);                  /* endpoint 0: a request has come */
  void (*data_done)(void);              /* endpoint 0: a packet of its data stage has passed */
  void (*transferred)(uint32_t epdata); /* other endpoints: USBD_EPDATA_IN(ep), USBD_EPDATA_OUT(ep) */
} usb_events_t;

/* Takes the controller over from the bootloader, in whatever state it is, and starts the crystal oscillator.
 * `events` must stay. */
void usb_start(const usb_events_t *events);

/* Does what there is to do, and returns; to be called at least every few milliseconds while the host may ask.
 */
void usb_poll(void);

/* Leaves the bus. usb_poll() joins it again. */
void usb_stop(void);

/* Goes on answering the host for so many milliseconds of the bus; less if the bus is dead. */
void usb_linger(uint32_t frames);

/* Enables a bulk or interrupt endpoint (bit 7: IN), its data toggle at DATA0; OUT endpoints take packets at
 * once. */
void usb_ep_open(uint8_t address);

/* Hands one packet of at most USB_PACKET bytes of RAM to an IN endpoint. The host has taken it when
 * `transferred` tells USBD_EPDATA_IN(ep); until then the endpoint must not be used again. */
void usb_ep_send(uint8_t ep, const uint8_t *data, size_t size);

/* Takes the packet that `transferred` told of by USBD_EPDATA_OUT(ep), and lets the next one come.
 * buffer: USB_PACKET bytes of RAM. Returns its size. */
size_t usb_ep_receive(uint8_t ep, uint8_t *buffer);

#endif
