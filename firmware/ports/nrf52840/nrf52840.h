/* nrf52840.h: the registers of the nRF52840 that this port uses, after Nordic's product specification v1.7
 * (USBD: chapter 6.35, POWER 5.3, CLOCK 5.4, NVMC 4.3, FICR 4.4) and the Armv7-M architecture manual (DWT,
 * NVIC, SCB).
 */
#ifndef TINYML_NRF52840_H
#define TINYML_NRF52840_H

#include <stdint.h>

#define REG32(address) (*(volatile uint32_t *)(address))

/* CLOCK */
#define CLOCK_HFCLKSTART REG32(0x40000000u)
#define CLOCK_HFCLKSTAT REG32(0x4000040Cu)
#define CLOCK_HFCLKSTAT_XTAL_RUNNING 0x00010001u
#define CLOCK_TRACECONFIG REG32(0x4000055Cu)

/* POWER */
#define POWER_USBREGSTATUS REG32(0x40000438u)
#define POWER_VBUSDETECT 1u
#define POWER_OUTPUTRDY 2u
#define POWER_GPREGRET REG32(0x4000051Cu)

/* FICR: the factory's device address, which Arduino's core shows as the USB serial number */
#define FICR_DEVICEADDR0 REG32(0x100000A4u)
#define FICR_DEVICEADDR1 REG32(0x100000A8u)

/* NVMC */
#define NVMC_ICACHECNF REG32(0x4001E540u)

/* USBD */
#define USBD_BASE 0x40027000u
#define USBD_STARTEPIN(n) REG32(USBD_BASE + 0x004u + 4u * (n))
#define USBD_STARTEPOUT(n) REG32(USBD_BASE + 0x028u + 4u * (n))
#define USBD_EP0RCVOUT REG32(USBD_BASE + 0x04Cu)
#define USBD_EP0STATUS REG32(USBD_BASE + 0x050u)
#define USBD_EP0STALL REG32(USBD_BASE + 0x054u)
#define USBD_EV_USBRESET REG32(USBD_BASE + 0x100u)
#define USBD_EV_ENDEPIN(n) REG32(USBD_BASE + 0x108u + 4u * (n))
#define USBD_EV_EP0DATADONE REG32(USBD_BASE + 0x128u)
#define USBD_EV_ENDEPOUT(n) REG32(USBD_BASE + 0x130u + 4u * (n))
#define USBD_EV_EP0SETUP REG32(USBD_BASE + 0x15Cu)
#define USBD_EV_EPDATA REG32(USBD_BASE + 0x160u)
#define USBD_EVENTCAUSE REG32(USBD_BASE + 0x400u)
#define USBD_EVENTCAUSE_READY (1u << 11)
#define USBD_HALTED_EPIN(n) REG32(USBD_BASE + 0x420u + 4u * (n)) /* as GET_STATUS is to be answered */
#define USBD_HALTED_EPOUT(n) REG32(USBD_BASE + 0x444u + 4u * (n))
#define USBD_EPDATASTATUS REG32(USBD_BASE + 0x46Cu)        /* as USB_IN and USB_OUT of usb_device.h */
#define USBD_SETUP(n) REG32(USBD_BASE + 0x480u + 4u * (n)) /* the eight bytes of a SETUP packet */
#define USBD_SIZE_EPOUT(n) REG32(USBD_BASE + 0x4A0u + 4u * (n))
#define USBD_ENABLE REG32(USBD_BASE + 0x500u)
#define USBD_USBPULLUP REG32(USBD_BASE + 0x504u)
#define USBD_DTOGGLE REG32(USBD_BASE + 0x50Cu)
#define USBD_DTOGGLE_DATA0 (1u << 8)
#define USBD_EPINEN REG32(USBD_BASE + 0x510u)
#define USBD_EPOUTEN REG32(USBD_BASE + 0x514u)
#define USBD_EPSTALL REG32(USBD_BASE + 0x518u)
#define USBD_EPSTALL_STALL (1u << 8)
#define USBD_FRAMECNTR REG32(USBD_BASE + 0x520u)
#define USBD_EPIN_PTR(n) REG32(USBD_BASE + 0x600u + 0x14u * (n))
#define USBD_EPIN_MAXCNT(n) REG32(USBD_BASE + 0x604u + 0x14u * (n))
#define USBD_EPOUT_PTR(n) REG32(USBD_BASE + 0x700u + 0x14u * (n))
#define USBD_EPOUT_MAXCNT(n) REG32(USBD_BASE + 0x704u + 0x14u * (n))

/* Registers that only the errata sheet names */
#define ERRATA_KEY REG32(0x4006EC00u)
#define ERRATA_KEY_VALUE 0x9375u
#define ERRATA_171 REG32(0x4006EC14u)
#define ERRATA_187 REG32(0x4006ED14u)
#define ERRATA_166_INDEX REG32(USBD_BASE + 0x800u)
#define ERRATA_166_VALUE REG32(USBD_BASE + 0x804u)
#define ERRATA_199 REG32(USBD_BASE + 0xC1Cu)

/* Armv7-M */
#define DWT_CTRL REG32(0xE0001000u)
#define DWT_CTRL_CYCCNTENA 1u
#define DWT_CTRL_NOCYCCNT (1u << 25)
#define DWT_CYCCNT REG32(0xE0001004u)
#define DEMCR REG32(0xE000EDFCu)
#define DEMCR_TRCENA (1u << 24)

/* Orders memory between the processor and EasyDMA, and stops the compiler from moving it. */
static inline void memory_barrier(void) { __asm volatile("dsb" ::: "memory"); }

#endif
