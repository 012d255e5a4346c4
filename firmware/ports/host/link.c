#define _XOPEN_SOURCE 700 /* ptys and sockets are POSIX, not C99 */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "host.h"

enum { EXIT_USAGE = 2 };

static void stop(const char *what) {
  fprintf(stderr, "firmware: %s: %s\n", what, strerror(errno));
  exit(EXIT_USAGE);
}

static void open_tcp(host_link_t *link, const char *text) {
  char *rest;
  const long port = strtol(text, &rest, 10);
  if (*text == '\0' || *rest != '\0' || port < 0 || port > UINT16_MAX) {
    errno = EINVAL;
    stop(text);
  }
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const int on = 1;
  link->listener = socket(AF_INET, SOCK_STREAM, 0);
  if (link->listener < 0 || setsockopt(link->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) ||
      bind(link->listener, (const struct sockaddr *)&address, size) || listen(link->listener, 1) ||
      getsockname(link->listener, (struct sockaddr *)&address, &size)) {
    stop("cannot listen");
  }
  printf("socket://127.0.0.1:%u\n", (unsigned)ntohs(address.sin_port));
}

static void open_pty(host_link_t *link) {
  link->listener = -1;
  link->peer = posix_openpt(O_RDWR | O_NOCTTY);
  if (link->peer < 0 || grantpt(link->peer) || unlockpt(link->peer)) stop("cannot make a terminal");
  const char *name = ptsname(link->peer);
  link->slave = name ? open(name, O_RDWR | O_NOCTTY) : -1;
  struct termios settings;
  if (link->slave < 0 || tcgetattr(link->slave, &settings)) stop("cannot make a terminal");
  settings.c_iflag = 0; /* raw: nothing is echoed or rewritten */
  settings.c_oflag = 0;
  settings.c_lflag = 0;
  if (tcsetattr(link->slave, TCSANOW, &settings)) stop("cannot make a terminal");
  printf("%s\n", name);
}

host_link_t host_link_open(int argc, char **argv) {
  host_link_t link = {-1, -1, -1, false};
  const char *port = NULL;
  bool pty = false;
  for (int place = 1; place < argc; ++place) {
    if (strcmp(argv[place], "--once") == 0) {
      link.once = true;
    } else if (strcmp(argv[place], "--pty") == 0) {
      pty = true;
    } else if (strcmp(argv[place], "--tcp") == 0 && place + 1 < argc) {
      port = argv[++place];
    } else {
      errno = EINVAL;
      stop(argv[place]);
    }
  }
  if (pty == (port != NULL)) {
    fputs("usage: firmware --tcp PORT | --pty [--once]\n", stderr);
    exit(EXIT_USAGE);
  }
  if (pty) {
    open_pty(&link);
  } else {
    open_tcp(&link, port);
  }
  fflush(stdout);
  return link;
}

void host_link_found(host_link_t *link) {
  if (!link->once || link->slave < 0) return;
  close(link->slave); /* from now on the peer's end is the end */
  link->slave = -1;
}

void host_link_lost(host_link_t *link) {
  if (link->once) exit(EXIT_SUCCESS);
  if (link->listener < 0) return; /* a terminal stays */
  close(link->peer);
  link->peer = -1;
}

void host_link_wait(host_link_t *link) {
  struct pollfd wanted = {link->peer >= 0 ? link->peer : link->listener, POLLIN, 0};
  if (poll(&wanted, 1, -1) <= 0 || link->peer >= 0) return;
  const int on = 1;
  link->peer = accept(link->listener, NULL, NULL);
  if (link->peer >= 0) (void)setsockopt(link->peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}
