/* elements.h: uint8 elements as the float32 elements of a network's input.
 *
 * In a file of its own: only the image of a float32 network refers to it, and so only that has float
 * arithmetic in its core, which costs 0.3 to 1.3 kB where the processor has none.
 */
#ifndef TINYML_ELEMENTS_H
#define TINYML_ELEMENTS_H

#include <stdint.h>

/* `scaling` is that of INFER_ELEMENTS, as it came: divisor and offset, float32, in any alignment. */
typedef float elements_scale_t(uint8_t element, const uint8_t *scaling);

/* element / divisor + offset, each step rounded to float32. It divides as the host does: most scales are no
 * float32, and a product would have other last bits. */
float tinyml_elements_scale(uint8_t element, const uint8_t *scaling);

#endif
