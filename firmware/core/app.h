/* app.h: the firmware's one loop: a request in, an answer out, strictly in order. */
#ifndef TINYML_APP_H
#define TINYML_APP_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes read from the port at once, on the stack. A 16-bit address space means very little RAM. */
#ifndef CORE_RX_BYTES
#define CORE_RX_BYTES (SIZE_MAX > 0xFFFFu ? 32 : 8)
#endif

/* Initialises the engine and says HELLO unasked. port_init() must have been called. An engine that could not
 * be initialised is no reason to be silent: each inference is then refused with WIRE_REASON_ENGINE_FAILED. */
void tinyml_app_start(void);

/* Serves what has arrived; waits for more if nothing has. */
void tinyml_app_poll(void);

/* tinyml_app_start(), then tinyml_app_poll() for ever: never returns. */
void tinyml_app_run(void);

#ifdef __cplusplus
}
#endif

#endif
