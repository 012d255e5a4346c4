/* The second stage of the boot: what the ROM copies from the first 256 bytes of flash to RAM and runs, if
 * their last word is the checksum of the others (RP2040 datasheet 2.8.1.3). It makes the flash readable in
 * place and starts the program behind it.
 *
 * The flash is read by command 03h with a 24-bit address, which every flash chip has, at a quarter of the
 * clock: slower than what a maker's own boot2 would do with four data lines, and right on any board.
 * Registers: RP2040 datasheet 4.10.13 (SSI), 2.4.8 (VTOR).
 */

/* CRC-32 of the 252 bytes before it: polynomial 0x04C11DB7, from all ones, neither reflected nor inverted. A
 * test holds it to the linked image. */
#define BOOT2_CHECKSUM "0x0D21EC2C"

__attribute__((naked, used, section(".boot2"))) void port_boot2(void);
__attribute__((naked, used, section(".boot2"))) void port_boot2(void) {
  __asm volatile(
      "boot2_start:          \n"
      "push {lr}             \n" /* 0 from the ROM; otherwise whoever called it to have the flash back */
      "ldr  r3, ssi          \n"
      "movs r1, #0           \n"
      "str  r1, [r3, #0x08]  \n" /* SSIENR: off while it is set up */
      "movs r1, #4           \n"
      "str  r1, [r3, #0x14]  \n" /* BAUDR: a quarter of the system's clock */
      "ldr  r1, ctrlr0       \n"
      "str  r1, [r3, #0x00]  \n"
      "ldr  r1, spi_ctrlr0   \n"
      "ldr  r0, spi_ctrlr0_at\n"
      "str  r1, [r0]         \n"
      "movs r1, #0           \n"
      "str  r1, [r3, #0x04]  \n" /* CTRLR1: one word an access */
      "movs r1, #1           \n"
      "str  r1, [r3, #0x08]  \n"
      "pop  {r0}             \n"
      "cmp  r0, #0           \n"
      "beq  1f               \n"
      "bx   r0               \n"
      "1: ldr r0, vectors    \n"
      "ldr  r1, vtor         \n"
      "str  r0, [r1]         \n"
      "ldmia r0, {r0, r1}    \n"
      "msr  msp, r0          \n"
      "bx   r1               \n"
      ".balign 4             \n"
      "ssi:           .word 0x18000000                           \n"
      "ctrlr0:        .word (31 << 16) | (3 << 8)                \n" /* 32-bit frames; send, then receive */
      "spi_ctrlr0:    .word (0x03 << 24) | (2 << 8) | (6 << 2)   \n" /* the command, 8 bits; 24 of address */
      "spi_ctrlr0_at: .word 0x180000F4                           \n"
      "vectors:       .word 0x10000100                           \n"
      "vtor:          .word 0xE000ED08                           \n"
      ".space 252 - (. - boot2_start)                            \n"
      ".word " BOOT2_CHECKSUM "                                  \n");
}
