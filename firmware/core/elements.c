#include "elements.h"

#include <string.h>

#include "wire.h"

float tinyml_elements_scale(uint8_t element, const uint8_t *scaling) {
  float divisor, offset;
  memcpy(&divisor, scaling + WIRE_INFER_ELEMENTS_DIVISOR, sizeof divisor);
  memcpy(&offset, scaling + WIRE_INFER_ELEMENTS_OFFSET, sizeof offset);
  return (float)element / divisor + offset;
}
