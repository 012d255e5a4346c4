/* cdc.h: a serial port over USB (CDC-ACM). The host is held back while a received packet lies unread, so that
 * no byte is ever lost, however long the network computes. */
#ifndef TINYML_CDC_H
#define TINYML_CDC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "usb_control.h"

/* For usb_control_start(). */
extern const usb_class_t cdc_class;

/* Copies up to `capacity` received bytes to `data`; returns how many. Never waits. */
size_t cdc_read(uint8_t *data, size_t capacity);

/* Sends `size` bytes; drops them if no program has opened the port, or as soon as it is closed. */
void cdc_write(const uint8_t *data, size_t size);

/* True once the host has closed the port at 1200 baud: it wants the bootloader. */
bool cdc_touched(void);

#endif
