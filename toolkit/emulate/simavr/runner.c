/* An Arduino board with an AVR, on libsimavr: a bootloader in flash, and USART0 behind a pty.
 *
 *   runner --mcu atmega328p --clock 16000000 --bootloader boot.hex --entry 0x7e00 [--link PATH] [--real-time]
 *
 * Prints `port /dev/pts/N` once the board runs. Opening the pty resets the board, as an Arduino's DTR line
 * does.
 *
 * Time: while the program counter is in the bootloader the board runs in real time, because its watchdog
 * races the uploader; the application runs as fast as this computer can, or in real time too with
 * --real-time. An application that sleeps with nothing on the wire waits for the host in real time. Cycle
 * counts are exact in each case.
 *
 * The line is 8N1 at the rate that the firmware has set; the USART holds three received bytes (two in its
 * FIFO, one in the shift register), and what comes on top is lost and counted, as on the chip.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <simavr/avr_uart.h>
#include <simavr/sim_avr.h>
#include <simavr/sim_hex.h>
#include <simavr/sim_time.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

DEFINE_FIFO(uint16_t, uart_fifo); /* the accessors of simavr's receive queue */

enum {
  USART_HOLDS = 3,            /* ATmega328P data sheet, 20.8: a two-level FIFO and the shift register */
  SLICES_PER_SECOND = 1000,   /* of simulated time: how often the pty is served */
  LARGEST_LAG_NS = 100000000, /* a board further behind real time than this stays behind */
};

typedef struct {
  uint8_t bytes[4096];
  size_t size, next;
} buffer_t;

static avr_t *avr;
static avr_uart_t *uart;
static avr_irq_t *uart_input;
static avr_cycle_count_t byte_cycles; /* one character on the line: start bit, 8 data bits, stop bit */
static int master = -1;
static int opening = -1; /* inotify: tells of every open() and close() of the pty, however short */
static bool was_closed = true;
static bool port_open;
static bool application_real_time;
static avr_flashaddr_t bootloader_entry;
static buffer_t to_board, to_host;
static bool slept, sent; /* in this slice */
static volatile sig_atomic_t stopping;
static unsigned long resets, overruns;

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void fail(const char *what) {
  fprintf(stderr, "simavr board: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void log_simavr(avr_t *from, const int level, const char *format, va_list arguments) {
  (void)from;
  if (level <= LOG_WARNING) vfprintf(stderr, format, arguments);
}

/* --- the serial line
 * ------------------------------------------------------------------------------------------ */

/* simavr 1.6 counts a parity bit that 8N1 does not have (avr_uart.c, word_size); the firmware sets 8N1. */
static void correct_line_rate(void) {
  if (uart->cycles_per_byte != byte_cycles && uart->cycles_per_byte != 0) {
    byte_cycles = uart->cycles_per_byte / 11 * 10;
    uart->cycles_per_byte = byte_cycles;
  }
}

static avr_cycle_count_t feed(struct avr_t *board, avr_cycle_count_t when, void *unused) {
  (void)board;
  (void)unused;
  if (to_board.next == to_board.size) return 0;
  correct_line_rate();
  uint8_t byte = to_board.bytes[to_board.next++];
  if (uart_fifo_get_read_size(&uart->input) < USART_HOLDS) {
    avr_raise_irq(uart_input, byte);
  } else {
    overruns++;
  }
  return when + (byte_cycles ? byte_cycles : 1000);
}

static void on_output(struct avr_irq_t *irq, uint32_t value, void *unused) {
  (void)irq;
  (void)unused;
  correct_line_rate();
  sent = true;
  if (port_open && to_host.size < sizeof to_host.bytes) to_host.bytes[to_host.size++] = (uint8_t)value;
}

static void write_to_host(void) {
  if (!to_host.size) return;
  ssize_t count = write(master, to_host.bytes, to_host.size);
  if (count <= 0) return;
  to_host.size -= (size_t)count;
  memmove(to_host.bytes, to_host.bytes + count, to_host.size);
}

static void read_from_host(void) {
  if (to_board.next != to_board.size) return;
  ssize_t count = read(master, to_board.bytes, sizeof to_board.bytes);
  if (count <= 0) return;
  to_board.size = (size_t)count;
  to_board.next = 0;
}

static void reset_board(void) {
  to_board.next = to_board.size = to_host.size = 0;
  tcflush(master, TCIOFLUSH);
  avr_reset(avr);
  avr_regbit_set(avr, avr->reset_flags.extrf);
  resets++;
}

/* Resets the board for every opening that follows a closing, as DTR does. */
static void watch_openings(void) {
  union {
    struct inotify_event first;
    char bytes[1024];
  } events;
  ssize_t size = read(opening, &events, sizeof events);
  for (ssize_t at = 0; at < size;) {
    const struct inotify_event *event = (const void *)(events.bytes + at);
    if ((event->mask & IN_OPEN) && was_closed) reset_board();
    was_closed = (event->mask & IN_OPEN) == 0;
    at += (ssize_t)(sizeof *event + event->len);
  }
}

/* Waits up to `timeout_ns` for the host, then serves the pty. */
static void serve_port(uint64_t timeout_ns) {
  struct timespec timeout = {(time_t)(timeout_ns / 1000000000u), (long)(timeout_ns % 1000000000u)};
  struct pollfd port = {.fd = master, .events = (short)(to_board.next == to_board.size ? POLLIN : 0)};
  if (!port_open) { /* a closed pty would end the wait at once */
    nanosleep(&timeout, NULL);
    timeout = (struct timespec){0, 0};
  }
  if (ppoll(&port, 1, &timeout, NULL) < 0 && errno != EINTR) fail("poll");
  watch_openings();
  port_open = !(port.revents & POLLHUP);
  if (port.revents & POLLIN) read_from_host();
  /* Here and not where bytes are read: the board's watchdog resets it with all its timers, ours among them.
   */
  bool waiting = to_board.next != to_board.size;
  if (waiting && !avr_cycle_timer_status(avr, feed, NULL)) avr_cycle_timer_register(avr, 1, feed, NULL);
  write_to_host();
}

static void open_port(const char *link_path) {
  int slave;
  char name[128];
  struct termios raw;
  memset(&raw, 0, sizeof raw);
  cfmakeraw(&raw);
  cfsetspeed(&raw, B115200);
  raw.c_cflag |= CREAD | CLOCAL;
  if (openpty(&master, &slave, name, &raw, NULL) < 0) fail("openpty");
  close(slave); /* from now on POLLHUP tells whether anyone has it open */
  fcntl(master, F_SETFL, O_NONBLOCK);
  opening = inotify_init1(IN_NONBLOCK);
  if (opening < 0 || inotify_add_watch(opening, name, IN_OPEN | IN_CLOSE) < 0) fail("inotify");
  if (link_path) {
    unlink(link_path);
    if (symlink(name, link_path) < 0) fail(link_path);
  }
  printf("port %s\n", name);
  fflush(stdout);
}

/* --- the processor
 * -------------------------------------------------------------------------------------------- */

static void on_sleep(avr_t *board, avr_cycle_count_t how_long) {
  (void)board;
  (void)how_long;
  slept = true;
}

static void load_bootloader(const char *path) {
  ihex_chunk_p chunks = NULL;
  int count = read_ihex_chunks(path, &chunks);
  if (count <= 0) fail(path);
  for (int i = 0; i < count; i++) {
    if (chunks[i].baseaddr + chunks[i].size > avr->flashend + 1) {
      errno = EFBIG;
      fail(path);
    }
    avr_loadcode(avr, chunks[i].data, chunks[i].size, chunks[i].baseaddr);
  }
  free_ihex_chunks(chunks);
}

static void start_processor(const char *mcu, uint32_t clock_hz, const char *bootloader) {
  avr_global_logger_set(log_simavr);
  avr = avr_make_mcu_by_name(mcu);
  if (!avr) exit(1);
  avr_init(avr);
  avr->frequency = clock_hz;
  avr->log = LOG_WARNING;
  avr->sleep = on_sleep;
  load_bootloader(bootloader);
  avr->codeend = avr->flashend;
  avr->reset_pc = bootloader_entry; /* the BOOTRST fuse */
  for (avr_io_t *io = avr->io_port; io; io = io->next) {
    if (!strcmp(io->kind, "uart") && ((avr_uart_t *)io)->name == '0') uart = (avr_uart_t *)io;
  }
  if (!uart) {
    errno = ENODEV;
    fail("USART0");
  }
  uart_input = avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_INPUT);
  uint32_t no_flags = 0; /* no printing of lines, no sleeping in a polled register */
  avr_ioctl(avr, AVR_IOCTL_UART_SET_FLAGS('0'), &no_flags);
  avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUTPUT), on_output, NULL);
  avr_reset(avr);
  avr_regbit_set(avr, avr->reset_flags.extrf);
}

static void run(void) {
  const avr_cycle_count_t slice = avr->frequency / SLICES_PER_SECOND;
  uint64_t epoch_ns = now_ns(); /* when cycle `epoch` was due in real time */
  avr_cycle_count_t epoch = avr->cycle;
  while (!stopping) {
    slept = sent = false;
    avr_cycle_count_t end = avr->cycle + slice;
    while (avr->cycle < end) {
      int state = avr_run(avr);
      if (state == cpu_Done || state == cpu_Crashed) {
        fprintf(stderr, "simavr board: the program %s at 0x%04x\n",
                state == cpu_Done ? "sleeps with interrupts off" : "crashed", (unsigned)avr->pc);
        exit(2);
      }
    }
    bool idle = slept && !sent && to_board.next == to_board.size && !to_host.size;
    uint64_t wait_ns = 0, now = now_ns();
    uint64_t due_ns = epoch_ns + avr_cycles_to_nsec(avr, avr->cycle - epoch);
    if (application_real_time || idle || avr->pc >= bootloader_entry) {
      if (due_ns > now) wait_ns = due_ns - now;
    }
    serve_port(wait_ns);
    now = now_ns();
    if (now > due_ns + LARGEST_LAG_NS || now < due_ns) { /* too late to make up for, or ahead of real time */
      epoch_ns = now;
      epoch = avr->cycle;
    }
  }
}

static void on_signal(int unused) {
  (void)unused;
  stopping = 1;
}

int main(int argc, char **argv) {
  static const struct option options[] = {
      {"mcu", 1, NULL, 'm'},   {"clock", 1, NULL, 'c'}, {"bootloader", 1, NULL, 'b'},
      {"entry", 1, NULL, 'e'}, {"link", 1, NULL, 'l'},  {"real-time", 0, NULL, 'r'},
      {NULL, 0, NULL, 0}};
  const char *mcu = NULL, *bootloader = NULL, *link_path = NULL;
  uint32_t clock_hz = 0;
  for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
    switch (option) {
      case 'm':
        mcu = optarg;
        break;
      case 'c':
        clock_hz = (uint32_t)strtoul(optarg, NULL, 0);
        break;
      case 'b':
        bootloader = optarg;
        break;
      case 'e':
        bootloader_entry = (avr_flashaddr_t)strtoul(optarg, NULL, 0);
        break;
      case 'l':
        link_path = optarg;
        break;
      case 'r':
        application_real_time = true;
        break;
      default:
        return 64;
    }
  }
  if (!mcu || !bootloader || !clock_hz || !bootloader_entry) {
    fprintf(
        stderr,
        "usage: runner --mcu NAME --clock HZ --bootloader HEX --entry ADDRESS [--link PATH] [--real-time]\n");
    return 64;
  }
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_signal;
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);
  start_processor(mcu, clock_hz, bootloader);
  open_port(link_path);
  run();
  fprintf(stderr, "simavr board: %llu cycles, %lu resets by DTR, %lu bytes lost in the USART\n",
          (unsigned long long)avr->cycle, resets, overruns);
  if (link_path) unlink(link_path);
  return 0;
}
