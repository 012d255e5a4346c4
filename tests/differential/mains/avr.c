/* avr.c: the end of a program of many networks (programs.py) on an AVR of simavr: outputs as hexadecimal on
 * the UART. Inputs are behind the program, as constants must stay within the first 64 KiB. */
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/pgmspace.h>
#include <avr/sleep.h>
#include <string.h>
__asm__(".section .text.zz,\"ax\"\n.global all_inputs\nall_inputs: .incbin \"inputs.bin\"\n.text\n");
extern const uint8_t all_inputs[];
static void put(char c) {
  while (!(UCSR0A & _BV(UDRE0))) {
  }
  UDR0 = (uint8_t)c;
}
static uint8_t column;
static void emit(uint8_t byte) {
  put("0123456789abcdef"[byte >> 4]);
  put("0123456789abcdef"[byte & 15]);
  if (++column == 64) {
    column = 0;
    put('\n');
  }
}
int main(void) {
  UCSR0A = _BV(U2X0);
  UCSR0B = _BV(TXEN0);
  uint_farptr_t next = pgm_get_far_address(all_inputs);
  for (uint8_t i = 0; i < NETWORKS; ++i) {
    const network_t *n = networks + i;
    for (uint8_t k = 0; k < n->count; ++k, next += n->input_bytes) {
      memset(pool, 0x55, sizeof pool);
      memcpy_PF(n->input(0), next, (size_t)n->input_bytes);
      n->invoke();
      const uint8_t *from = n->output(0);
      for (uint16_t at = 0; at < n->output_bytes; ++at) emit(from[at]);
    }
  }
  while (column) emit(0xEE);
  put('\n');
  cli();
  sleep_enable();
  for (;;) sleep_cpu(); /* asleep without interrupts: simavr ends */
}
