/* app.h: the firmware's one loop. */
#ifndef TINYML_APP_H
#define TINYML_APP_H

/* Starts the engine, says HELLO, and answers the host for ever. port_init() must have been called. */
void app_run(void);

/* The same in steps, for ports whose own loop calls: app_start() once, app_poll() again and again. app_poll()
 * takes what has arrived, answers what is complete, and sleeps if there was nothing. */
void app_start(void);
void app_poll(void);

#endif
