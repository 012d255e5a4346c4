/* host.h: the firmware core as a process on this computer.
 *
 *   firmware --tcp PORT [--once]    listens on 127.0.0.1:PORT; 0 chooses one
 *   firmware --pty      [--once]    makes a pseudo-terminal
 *
 * The first line on stdout is what the host opens: socket://127.0.0.1:PORT, or the terminal's name. With
 * --once the process ends when its first peer has gone. Wrong arguments and a busy port end it with exit code
 * 2 and a line on stderr.
 */
#ifndef TINYML_HOST_H
#define TINYML_HOST_H

#include <stdbool.h>

/* Takes the command line; called before main() by the start-up code, and again by whoever embeds the core.
 * argv must stay. */
void host_arguments(int argc, char **argv);

/* An endpoint of the link: a descriptor that is open while a peer is there. */
typedef struct {
  int listener; /* TCP: accepts the next peer; -1 for a terminal */
  int peer;     /* -1: none */
  int slave;    /* our own hold on the terminal's other end, so that it is there without a peer; -1: none */
  bool once;
} host_link_t;

/* Opens it and prints its name; ends the process if that cannot be done. */
host_link_t host_link_open(int argc, char **argv);

/* Waits for a peer, or for a byte from it. */
void host_link_wait(host_link_t *link);

/* The peer has sent something. */
void host_link_found(host_link_t *link);

/* The peer has gone. */
void host_link_lost(host_link_t *link);

#endif
