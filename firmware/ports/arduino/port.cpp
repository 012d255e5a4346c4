/* port.h for every Arduino core, by what the core and the chip can do: no board is named here.
 *
 *   link    Serial. In pieces of at most 64 bytes, and nothing sent ahead of what is being read: cores with
 * USB in software lose bytes that a sketch does not fetch in time and stumble over longer writes
 *           (ArduinoCore-mbed#129, #85), and a small core's ring has 63 bytes.
 *   ticks   processor cycles where there is a counter of them, otherwise micros().
 *   stack   measured where the memory between data and stack is ours to paint.
 */
#include <Arduino.h>

#if defined(__AVR__)
#include <avr/interrupt.h>
#include <avr/sleep.h>
#endif

#include "build_info.h"
#include "port.h"

#ifndef TINYML_BAUD
#define TINYML_BAUD 115200
#endif

/* Bytes that the core surely keeps while the network is computed, beyond the frame that is being read. */
#ifndef TINYML_RX_BUFFER
#define TINYML_RX_BUFFER 0
#endif

static const size_t kLongestWrite = 64;

/* --- ticks
 * ----------------------------------------------------------------------------------------------------- */

#if defined(__AVR__) && defined(TCNT1H) && defined(TIMER1_OVF_vect)

/* Timer 1 counts every cycle in 16 bits; its overflows are counted here. */
static const port_tick_unit_t kTickUnit = PORT_TICKS_CYCLES;
static volatile uint16_t overflows;

ISR(TIMER1_OVF_vect) { overflows = (uint16_t)(overflows + 1u); }

static void ticks_init(void) {
  TCCR1A = 0;
  TCCR1B = _BV(CS10);
  TIMSK1 = _BV(TOIE1);
}

uint32_t port_ticks(void) {
  const uint8_t interrupts = SREG;
  cli();
  const uint16_t low = TCNT1;
  uint16_t high = overflows;
  if ((TIFR1 & _BV(TOV1)) && low < 0x8000u) high++; /* an overflow that is not counted yet */
  SREG = interrupts;
  return ((uint32_t)high << 16) | low;
}

#elif defined(ARM_DWT_CYCCNT) && defined(ARM_DEMCR_TRCENA) /* as Teensy's core names the same registers */

static const port_tick_unit_t kTickUnit = PORT_TICKS_CYCLES;

static void ticks_init(void) {
  ARM_DEMCR |= ARM_DEMCR_TRCENA;
  ARM_DWT_CTRL |= ARM_DWT_CTRL_CYCCNTENA;
}

uint32_t port_ticks(void) { return ARM_DWT_CYCCNT; }

#elif defined(DWT) && defined(CoreDebug) && defined(CoreDebug_DEMCR_TRCENA_Msk)

static const port_tick_unit_t kTickUnit = PORT_TICKS_CYCLES;

static void ticks_init(void) {
  CoreDebug->DEMCR |= CoreDebug_DEMCR_TRCENA_Msk;
  DWT->CYCCNT = 0;
  DWT->CTRL |= DWT_CTRL_CYCCNTENA_Msk;
}

uint32_t port_ticks(void) { return DWT->CYCCNT; }

#else

static const port_tick_unit_t kTickUnit = PORT_TICKS_MICROSECONDS;

static void ticks_init(void) {}

uint32_t port_ticks(void) { return micros(); }

#endif

/* --- stack
 * ----------------------------------------------------------------------------------------------------- */

#if defined(__AVR__) && defined(RAMEND)

static const uint8_t kPaint = 0xC5;

extern "C" uint8_t __heap_start; /* avr-libc: the first byte after all variables; the sketch uses no heap */

/* Runs before main and before anything is called: fills all memory that is not the stack's yet. */
extern "C" void paint_stack(void) __attribute__((naked, used, section(".init3")));
void paint_stack(void) {
  __asm__ volatile(
      "ldi r30, lo8(__heap_start)\n\t"
      "ldi r31, hi8(__heap_start)\n\t"
      "ldi r24, %[paint]\n\t"
      "ldi r25, hi8(%[end])\n"
      "1: st Z+, r24\n\t"
      "cpi r30, lo8(%[end])\n\t"
      "cpc r31, r25\n\t"
      "brlo 1b\n\t" ::[paint] "M"(0xC5),
      [end] "i"(RAMEND + 1));
}

uint32_t port_stack_used(void) {
  const uint8_t *place = &__heap_start;
  while (place <= (const uint8_t *)RAMEND && *place == kPaint) place++;
  return (uint32_t)((const uint8_t *)RAMEND + 1 - place);
}

#else

uint32_t port_stack_used(void) { return 0; }

#endif

/* --- link
 * ------------------------------------------------------------------------------------------------------ */

static const port_info_t info = {tinyml_build_board, kTickUnit, TINYML_RX_BUFFER};

void port_init(void) {
  ticks_init();
  Serial.begin(TINYML_BAUD);
}

const port_info_t *port_info(void) { return &info; }

size_t port_read(uint8_t *data, size_t capacity) {
  size_t count = 0;
  while (count < capacity && Serial.available() > 0) data[count++] = (uint8_t)Serial.read();
  return count;
}

void port_wait(void) {
#if defined(__AVR__) && defined(SMCR)
  /* The interrupt that brings a byte ends the sleep. `sei` takes effect after the next instruction, so that
   * none can slip in between the question and the sleep. */
  cli();
  if (Serial.available() == 0) {
    SMCR = _BV(SE); /* idle: everything but the processor runs on */
    sei();
    sleep_cpu();
    SMCR = 0;
  }
  sei();
#else
  yield();
#endif
}

void port_write(const uint8_t *data, size_t size) {
  while (size > 0 && Serial) { /* false once nobody listens, where the core can tell */
    const size_t piece = size < kLongestWrite ? size : kLongestWrite;
    const size_t sent = Serial.write(data, piece);
    data += sent;
    size -= sent;
  }
}
