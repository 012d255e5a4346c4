/* usb_device.h: what the shared USB sources ask of a chip's device controller, polled.
 *
 *   cdc.c, usb_control.c, usb_descriptors.c    shared
 *    |
 *   usb_device.c                               one a chip, in its port's folder
 *
 *   usb_start   usb_poll             usb_poll
 *   OFF ------> powered, attached: answers the host
 *    ^---------- the cable has gone, usb_stop ------|
 */
#ifndef TINYML_USB_DEVICE_H
#define TINYML_USB_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whatever the board is built for: USB is no part of what is timed, and waits for the host anyway. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("Os")
#endif

/* What a packet lies in: DMA wants whole words of RAM. */
#define USB_ALIGNED __attribute__((aligned(4)))

typedef struct {
  uint8_t request_type; /* bmRequestType */
  uint8_t request;      /* bRequest */
  uint16_t value;       /* wValue */
  uint16_t index;       /* wIndex */
  uint16_t length;      /* wLength */
} usb_setup_t;

/* Packets that have passed, a bit an endpoint. */
#define USB_IN(ep) (1u << (ep))
#define USB_OUT(ep) (0x10000u << (ep))

/* What happens on the bus, told from within usb_poll(). */
typedef struct {
  void (*reset)(void);                     /* the bus was reset, or left: not configured */
  void (*setup)(const usb_setup_t *setup); /* endpoint 0: a request has come */
  void (*data_done)(void);                 /* endpoint 0: a packet of its data stage has passed */
  void (*transferred)(uint32_t endpoints); /* other endpoints: USB_IN(ep), USB_OUT(ep) */
} usb_events_t;

/* Takes the controller over from the bootloader, in whatever state it is. `events` must stay. */
void usb_start(const usb_events_t *events);

/* Does what there is to do, and returns; to be called at least every few milliseconds while the host may ask.
 */
void usb_poll(void);

/* The chip's own number, high word first, which becomes the USB serial number; false if it has none. */
bool usb_serial_number(uint32_t number[2]);

/* Leaves the bus. usb_poll() joins it again. */
void usb_stop(void);

/* True while no host is at the other end, or it sleeps, where the controller can tell that from a cable: what
 * is sent would never be taken. */
bool usb_suspended(void);

/* Goes on answering the host for so many milliseconds; it may be less if the bus is dead. */
void usb_linger(uint32_t milliseconds);

/* The address that the host gives, once its request has ended; nothing where the controller sees to it
 * itself: false, and the request is then answered already. */
bool usb_set_address(uint8_t address);

/* Endpoint 0: ends a request well, refuses it, or lets the packet of its data stage come. */
void usb_ep0_accept(void);
void usb_ep0_stall(void);
void usb_ep0_receive(void);

/* Enables a bulk or interrupt endpoint (bit 7: IN), its data toggle at DATA0; OUT endpoints take packets at
 * once. */
void usb_ep_open(uint8_t address);

/* Answers every packet of an endpoint with a stall, until it is opened again; and whether it does. */
void usb_ep_halt(uint8_t address);
bool usb_ep_halted(uint8_t address);

/* Hands one packet of at most USB_PACKET bytes of RAM to an IN endpoint. The host has taken it when
 * `transferred` tells USB_IN(ep); until then the endpoint must not be used again. */
void usb_ep_send(uint8_t ep, const uint8_t *data, size_t size);

/* Takes the packet that `transferred` told of by USB_OUT(ep), and lets the next one come.
 * buffer: USB_PACKET bytes of RAM. Returns its size. */
size_t usb_ep_receive(uint8_t ep, uint8_t *buffer);

#endif
