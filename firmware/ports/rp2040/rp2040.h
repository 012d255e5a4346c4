/* rp2040.h: the registers of the RP2040 that this port uses, after its datasheet (build of 2024-10;
 * RESETS 2.14, CLOCKS 2.15, XOSC 2.16, PLL 2.18, IO_BANK0 2.19, USB 4.1, UART 4.2) and the Armv6-M
 * architecture manual (SysTick, NVIC).
 */
#ifndef TINYML_RP2040_H
#define TINYML_RP2040_H

#include <stdint.h>

#define REG32(address) (*(volatile uint32_t *)(address))

/* Every register of the buses APB and AHB-Lite has aliases whose writes set or clear bits. */
#define SET(reg) REG32((uintptr_t) & (reg) + 0x2000u)
#define CLEAR(reg) REG32((uintptr_t) & (reg) + 0x3000u)

/* RESETS */
#define RESETS_RESET REG32(0x4000C000u)
#define RESETS_DONE REG32(0x4000C008u)
#define RESETS_IO_BANK0 (1u << 5)
#define RESETS_PADS_BANK0 (1u << 8)
#define RESETS_PLL_SYS (1u << 12)
#define RESETS_PLL_USB (1u << 13)
#define RESETS_UART0 (1u << 22)
#define RESETS_USBCTRL (1u << 24)

/* CLOCKS: SELECTED has the bit of the source that drives it now. */
#define CLK_REF_CTRL REG32(0x40008030u)
#define CLK_REF_SELECTED REG32(0x40008038u)
#define CLK_REF_XOSC 2u
#define CLK_SYS_CTRL REG32(0x4000803Cu)
#define CLK_SYS_SELECTED REG32(0x40008044u)
#define CLK_SYS_REF 0u
#define CLK_SYS_AUX 1u /* its own source 0: PLL_SYS */
#define CLK_PERI_CTRL REG32(0x40008048u)
#define CLK_USB_CTRL REG32(0x40008054u)
#define CLK_ENABLE (1u << 11) /* source 0: of CLK_PERI the system's clock, of CLK_USB PLL_USB */

/* XOSC */
#define XOSC_CTRL REG32(0x40024000u)
#define XOSC_CTRL_ON_1_TO_15_MHZ 0x00FABAA0u
#define XOSC_STATUS REG32(0x40024004u)
#define XOSC_STABLE (1u << 31)
#define XOSC_STARTUP REG32(0x4002400Cu)

/* PLL_SYS, PLL_USB */
#define PLL_SYS_BASE 0x40028000u
#define PLL_USB_BASE 0x4002C000u
#define PLL_CS(pll) REG32((pll) + 0x0u)
#define PLL_LOCK (1u << 31)
#define PLL_PWR(pll) REG32((pll) + 0x4u)
#define PLL_PWR_CORE ((1u << 0) | (1u << 5)) /* off while set */
#define PLL_PWR_POSTDIV (1u << 3)
#define PLL_FBDIV(pll) REG32((pll) + 0x8u)
#define PLL_PRIM(pll) REG32((pll) + 0xCu)

/* IO_BANK0 */
#define GPIO_CTRL(pin) REG32(0x40014004u + 8u * (pin))
#define GPIO_FUNCTION_UART 2u

/* UART0: an Arm PL011 */
#define UART_DR REG32(0x40034000u)
#define UART_FR REG32(0x40034018u)
#define UART_FR_RX_EMPTY (1u << 4)
#define UART_FR_TX_FULL (1u << 5)
#define UART_IBRD REG32(0x40034024u)
#define UART_FBRD REG32(0x40034028u)
#define UART_LCR_H REG32(0x4003402Cu)
#define UART_LCR_H_8N1_FIFO 0x70u
#define UART_CR REG32(0x40034030u)
#define UART_CR_ON 0x301u
#define UART_IMSC REG32(0x40034038u)
#define UART_IMSC_RX 0x50u /* the FIFO is filled to its mark, or what is in it has lain there for a while */

/* USB: its memory, in which packets and the controls of the endpoints lie, and its registers */
#define USB_DPRAM 0x50100000u
#define USB_DPRAM_BYTES 4096u
#define USB_SETUP_PACKET REG32(USB_DPRAM + 0x0u)                       /* and the word behind it */
#define USB_EP_CTRL(ep, out) REG32(USB_DPRAM + 8u * (ep) + 4u * (out)) /* ep 1 to 15; out: 0 or 1 */
#define USB_EP_CTRL_ENABLE (1u << 31)
#define USB_EP_CTRL_TELL (1u << 29) /* BUFF_STATUS, after each buffer */
#define USB_EP_CTRL_BULK (2u << 26)
#define USB_EP_CTRL_INTERRUPT (3u << 26)
#define USB_BUFFER_CTRL(ep, out) REG32(USB_DPRAM + 0x80u + 8u * (ep) + 4u * (out))
#define USB_BUFFER_FULL (1u << 15)
#define USB_BUFFER_DATA1 (1u << 13)
#define USB_BUFFER_STALL (1u << 11)
#define USB_BUFFER_AVAILABLE (1u << 10)
#define USB_BUFFER_SIZE 0x3FFu
#define USB_EP0_BUFFER 0x100u /* offsets in the memory */
#define USB_EP_BUFFERS 0x180u

#define USB_ADDR_ENDP REG32(0x50110000u)
#define USB_MAIN_CTRL REG32(0x50110040u)
#define USB_MAIN_CTRL_ENABLE 1u
#define USB_SIE_CTRL REG32(0x5011004Cu)
#define USB_SIE_CTRL_EP0_TELL (1u << 29)
#define USB_SIE_CTRL_PULLUP (1u << 16)
#define USB_SIE_STATUS REG32(0x50110050u)
#define USB_SIE_BUS_RESET (1u << 19)
#define USB_SIE_SETUP (1u << 17)
#define USB_SIE_SUSPENDED (1u << 4)
#define USB_BUFF_STATUS REG32(0x50110058u) /* bits 2n and 2n + 1: endpoint n IN, OUT */
#define USB_EP_STALL_ARM REG32(0x50110068u)
#define USB_MUXING REG32(0x50110074u)
#define USB_MUXING_TO_PHY 9u /* and SOFTCON */
#define USB_PWR REG32(0x50110078u)
#define USB_PWR_VBUS_IS_THERE 0xCu
#define USB_INTE REG32(0x50110090u)
#define USB_INTS REG32(0x50110098u)
#define USB_INT_SETUP (1u << 16)
#define USB_INT_BUS_RESET (1u << 12)
#define USB_INT_BUFFER (1u << 4)

enum { USB_IRQ = 5, UART0_IRQ = 20 };

/* Armv6-M */
#define SYSTICK_CSR REG32(0xE000E010u)
#define SYSTICK_ON_CYCLES_INTERRUPT 7u
#define SYSTICK_RVR REG32(0xE000E014u)
#define SYSTICK_CVR REG32(0xE000E018u)
#define SYSTICK_BITS 24
#define SYSTICK_MASK ((1u << SYSTICK_BITS) - 1u)
#define NVIC_ICER REG32(0xE000E180u)
#define ICSR REG32(0xE000ED04u)
#define ICSR_SYSTICK_PENDING (1u << 26)

#endif
