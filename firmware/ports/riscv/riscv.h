/* riscv.h: start-up shared by the bare-metal RISC-V ports (RV32E and RV32I, machine mode).
 *
 * A port brings a linker script that names FLASH and RAM and then says `INCLUDE src/riscv/sections.ld`, and
 *
 *   void riscv_external_interrupt(void);   serves the platform's interrupt controller
 *
 *   RAM  +---------------------------+  __stack_limit = start of RAM
 *        | stack, painted at start   |
 *        +---------------------------+  __stack_top
 *        | data, zero-initialised    |
 *        +---------------------------+  end
 *
 * An exception starts the program anew: the host is then told by an unasked HELLO, instead of by silence.
 * This folder also defines port_stack_used() and port_ticks() of port.h: instructions, from minstret, without
 * those of interrupts and of port_ticks() itself. Privileged architecture 20211203, chapter 3.
 */
#ifndef TINYML_RISCV_H
#define TINYML_RISCV_H

#include <stdint.h>

/* A register of control and status, by its name. */
#define RISCV_READ(csr)                              \
  ({                                                 \
    uint32_t value_;                                 \
    __asm volatile("csrr %0, " #csr : "=r"(value_)); \
    value_;                                          \
  })
#define RISCV_WRITE(csr, value) __asm volatile("csrw " #csr ", %0" ::"r"((uint32_t)(value)) : "memory")
#define RISCV_SET(csr, bits) __asm volatile("csrs " #csr ", %0" ::"r"((uint32_t)(bits)) : "memory")
#define RISCV_CLEAR(csr, bits) __asm volatile("csrc " #csr ", %0" ::"r"((uint32_t)(bits)) : "memory")

#define RISCV_MSTATUS_MIE (1u << 3)
#define RISCV_MIE_SOFTWARE (1u << 3)
#define RISCV_MIE_EXTERNAL (1u << 11)

void riscv_external_interrupt(void);

static inline void riscv_mask_interrupts(void) { RISCV_CLEAR(mstatus, RISCV_MSTATUS_MIE); }
static inline void riscv_unmask_interrupts(void) { RISCV_SET(mstatus, RISCV_MSTATUS_MIE); }

/* Sleeps until an interrupt is pending; returns at once if one is, masked or not. */
static inline void riscv_wait_for_interrupt(void) { __asm volatile("wfi" ::: "memory"); }

/* Measures what an interrupt adds, by the software interrupt; once, with interrupts unmasked. */
void riscv_ticks_init(void);

/* Starts the program anew; never returns. */
void riscv_reset(void);

#endif
