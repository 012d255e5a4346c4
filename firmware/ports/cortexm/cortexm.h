/* cortexm.h: start-up shared by the bare-metal Cortex-M ports (Armv6-M to Armv8.1-M).
 *
 * A port brings a linker script that names FLASH and RAM and then says `INCLUDE src/cortexm/sections.ld`, and
 * a table of its interrupt handlers:
 *
 *   CORTEXM_INTERRUPTS = { [UART_IRQ] = serve_uart };
 *
 *   RAM  +---------------------------+  __stack_limit = start of RAM: an overflow leaves RAM and faults
 *        | stack, painted at start   |
 *        +---------------------------+  __stack_top
 *        | data, zero-initialised    |
 *        +---------------------------+  end
 *
 * A fault resets the chip: the host is then told by an unasked HELLO, instead of by silence.
 * This folder also defines port_stack_used() of port.h.
 */
#ifndef TINYML_CORTEXM_H
#define TINYML_CORTEXM_H

#include <stdint.h>

typedef void (*cortexm_handler_t)(void);

#define CORTEXM_INTERRUPTS \
  __attribute__((section(".vectors.interrupts"), used)) const cortexm_handler_t cortexm_interrupts[]

/* The processor's own exceptions; a port may define any of them. By default a fault, and an interrupt without
 * a handler, resets the chip. */
void cortexm_nmi_handler(void);
void cortexm_hard_fault_handler(void);
void cortexm_svcall_handler(void);
void cortexm_pendsv_handler(void);
void cortexm_systick_handler(void);

/* Lets the processor take this external interrupt. */
static inline void cortexm_enable_interrupt(uint32_t number) {
  ((volatile uint32_t *)0xE000E100u)[number / 32u] = (uint32_t)1 << (number % 32u); /* NVIC_ISER */
}

static inline void cortexm_mask_interrupts(void) { __asm volatile("cpsid i" ::: "memory"); }
static inline void cortexm_unmask_interrupts(void) { __asm volatile("cpsie i" ::: "memory"); }

/* Sleeps until an interrupt is pending; returns at once if one is, masked or not. */
static inline void cortexm_wait_for_interrupt(void) { __asm volatile("wfi" ::: "memory"); }

/* Never returns. */
void cortexm_reset(void);

#endif
