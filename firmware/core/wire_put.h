/* wire_put.h: little-endian numbers into bytes, on any machine and at any alignment. */
#ifndef TINYML_WIRE_PUT_H
#define TINYML_WIRE_PUT_H

#include <stdint.h>

static inline void wire_put_u16(uint8_t *to, uint16_t value) {
  to[0] = (uint8_t)value;
  to[1] = (uint8_t)(value >> 8);
}

static inline void wire_put_u32(uint8_t *to, uint32_t value) {
  wire_put_u16(to, (uint16_t)value);
  wire_put_u16(to + 2, (uint16_t)(value >> 16));
}

#endif
