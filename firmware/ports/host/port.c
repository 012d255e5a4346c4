/* port.h on a POSIX system: bytes over a terminal or a socket, time from the monotonic clock. */
#define _XOPEN_SOURCE 700

#include "port.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "build_info.h"
#include "host.h"

/* A terminal's own buffer is the smallest of those that hold what is not yet read, and Linux gives it 4096
 * bytes. */
enum { RX_BUFFER = 4096 };

static host_link_t connection;
static int argument_count;
static char **arguments;

__attribute__((constructor)) void host_arguments(int argc, char **argv) {
  argument_count = argc;
  arguments = argv;
}

void port_init(void) {
  signal(SIGPIPE, SIG_IGN); /* a peer that has gone is an error of write() */
  connection = host_link_open(argument_count, arguments);
}

const port_info_t *port_info(void) {
  static const port_info_t info = {tinyml_build_board, PORT_TICKS_MICROSECONDS, RX_BUFFER};
  return &info;
}

size_t port_read(uint8_t *data, size_t capacity) {
  static uint8_t received[RX_BUFFER];
  static size_t start, end;
  if (start == end) {
    struct pollfd wanted = {connection.peer, POLLIN, 0};
    if (connection.peer < 0 || poll(&wanted, 1, 0) <= 0) return 0;
    const ssize_t size = read(connection.peer, received, sizeof received);
    if (size <= 0) {
      if (size == 0 || (errno != EINTR && errno != EAGAIN)) host_link_lost(&connection);
      return 0;
    }
    host_link_found(&connection);
    start = 0;
    end = (size_t)size;
  }
  if (capacity > end - start) capacity = end - start;
  memcpy(data, received + start, capacity);
  start += capacity;
  return capacity;
}

void port_wait(void) { host_link_wait(&connection); }

void port_write(const uint8_t *data, size_t size) {
  while (size && connection.peer >= 0) {
    const ssize_t written = write(connection.peer, data, size);
    if (written > 0) {
      data += written;
      size -= (size_t)written;
    } else if (errno != EINTR) {
      host_link_lost(&connection);
    }
  }
}

uint32_t port_ticks(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint32_t)((uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u);
}

uint32_t port_stack_used(void) { return 0; }
