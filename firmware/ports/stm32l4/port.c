/* port.h for the STM32L475 of ST's B-L475E-IOT01A: USART 1 on PB6 and PB7, which is the ST-LINK's serial
 * port, received by interrupt; time from SysTick, in processor cycles, and in QEMU in instructions.
 *
 * The chip is switched to its 16 MHz oscillator, which needs no crystal; QEMU 10 models that clock, and the
 * pins. Registers: ST's reference manual RM0351 (RCC 6.4, GPIO 8.5, USART 40.8) and the Armv7-M architecture
 * manual (SysTick).
 */
#include "port.h"

#include "build_info.h"
#include "cortexm.h"
#include "ring.h"

#define REG32(address) (*(volatile uint32_t *)(address))

#define RCC_CR REG32(0x40021000u)
#define RCC_CR_HSION (1u << 8)
#define RCC_CR_HSIRDY (1u << 10)
#define RCC_CFGR REG32(0x40021008u)
#define RCC_CFGR_SW_HSI 1u
#define RCC_CFGR_SW 3u
#define RCC_CFGR_SWS_HSI (1u << 2)
#define RCC_CFGR_SWS (3u << 2)
#define RCC_AHB2ENR REG32(0x4002104Cu)
#define RCC_AHB2ENR_GPIOB (1u << 1)
#define RCC_APB2ENR REG32(0x40021060u)
#define RCC_APB2ENR_USART1 (1u << 14)

#define GPIOB_MODER REG32(0x48000400u) /* two bits a pin; 2: alternate function */
#define GPIOB_AFRL REG32(0x48000420u)  /* four bits a pin */
#define AF_USART1 7u

#define USART1_CR1 REG32(0x40013800u)
#define USART_CR1_UE (1u << 0)
#define USART_CR1_RE (1u << 2)
#define USART_CR1_TE (1u << 3)
#define USART_CR1_RXNEIE (1u << 5)
#define USART1_BRR REG32(0x4001380Cu)
#define USART1_ISR REG32(0x4001381Cu)
#define USART_ISR_RXNE (1u << 5)
#define USART_ISR_TXE (1u << 7)
#define USART1_RDR REG32(0x40013824u)
#define USART1_TDR REG32(0x40013828u)

#define SYSTICK_CSR REG32(0xE000E010u)
#define SYSTICK_ON_CYCLES_INTERRUPT 7u
#define SYSTICK_RVR REG32(0xE000E014u)
#define SYSTICK_CVR REG32(0xE000E018u)
#define SYSTICK_BITS 24
#define ICSR REG32(0xE000ED04u)
#define ICSR_SYSTICK_PENDING (1u << 26) /* written, it raises SysTick's exception */

enum {
  USART1_IRQ = 37,
  TX_PIN = 6,
  RX_PIN = 7,
  BAUD_DIVIDER = 139,           /* 16 MHz / 115200, rounded: 0.08 % off */
  INSTRUCTIONS_PER_TICKS = 125, /* 62.5 ns of 128 */
  TICKS_SHIFT = 8,
};

static volatile uint32_t wraps; /* of SysTick */

/* Not to be interrupted. */
static uint64_t counter(void) {
  uint32_t down = SYSTICK_CVR, turns = wraps;
  if (ICSR & ICSR_SYSTICK_PENDING) { /* a wrap that is not counted yet, before or after the reading */
    down = SYSTICK_CVR;
    ++turns;
  }
  return ((uint64_t)turns << SYSTICK_BITS) - down;
}

#define INSTRUCTIONS_OR_CYCLES
#include "instructions.h"

static ring_t received;

static port_info_t info = {.board = tinyml_build_board, .rx_buffer = RING_BYTES};

static uint32_t per_wrap; /* instructions of its handler, in QEMU */

void cortexm_systick_handler(void) {
  ++wraps;
  instructions.left_out += per_wrap;
}

static __attribute__((noinline, noclone)) uint32_t instructions_of_icsr(uint32_t bits) {
  const uint32_t start = port_ticks();
  ICSR = bits;
  __asm volatile("dsb \n isb" ::: "memory");
  return port_ticks() - start;
}

/* The wrap that the measurement makes is taken back. */
static void measure_wrap(void) {
  const uint32_t turn = (uint32_t)(((uint64_t)1 << SYSTICK_BITS) * INSTRUCTIONS_PER_TICKS >> TICKS_SHIFT);
  const uint32_t idle = instructions_of_icsr(0);
  per_wrap = instructions_of_icsr(ICSR_SYSTICK_PENDING) - turn - idle;
  --wraps;
  instructions.read -= (uint64_t)1 << SYSTICK_BITS;
}

static void serve_uart(void) {
  interrupt_begins();
  while (USART1_ISR & USART_ISR_RXNE) ring_put(&received, (uint8_t)USART1_RDR);
  interrupt_ends();
}

CORTEXM_INTERRUPTS = {[USART1_IRQ] = serve_uart};

static void use_pin(uint32_t pin) {
  GPIOB_MODER = (GPIOB_MODER & ~(3u << 2 * pin)) | 2u << 2 * pin;
  GPIOB_AFRL = (GPIOB_AFRL & ~(15u << 4 * pin)) | AF_USART1 << 4 * pin;
}

static void start_clocks(void) {
  RCC_CR |= RCC_CR_HSION;
  while ((RCC_CR & RCC_CR_HSIRDY) == 0) {
  }
  RCC_CFGR = (RCC_CFGR & ~RCC_CFGR_SW) | RCC_CFGR_SW_HSI;
  while ((RCC_CFGR & RCC_CFGR_SWS) != RCC_CFGR_SWS_HSI) {
  }
  RCC_AHB2ENR |= RCC_AHB2ENR_GPIOB;
  RCC_APB2ENR |= RCC_APB2ENR_USART1;
  (void)RCC_APB2ENR; /* the clocks are there two cycles later (RM0351, 6.2.18) */
}

void port_init(void) {
  start_clocks();
  SYSTICK_RVR = (1u << SYSTICK_BITS) - 1u;
  SYSTICK_CVR = 0;
  SYSTICK_CSR = SYSTICK_ON_CYCLES_INTERRUPT;
  use_pin(TX_PIN);
  use_pin(RX_PIN);
  USART1_BRR = BAUD_DIVIDER;
  USART1_CR1 = USART_CR1_UE | USART_CR1_TE | USART_CR1_RE | USART_CR1_RXNEIE;
  cortexm_enable_interrupt(USART1_IRQ);
  tell_chip_from_emulator();
  instructions_init(USART1_IRQ);
  if (!ticks_are_cycles) measure_wrap();
  info.tick_unit = ticks_unit();
}

const port_info_t *port_info(void) { return &info; }

size_t port_read(uint8_t *data, size_t capacity) { return ring_read(&received, data, capacity); }

void port_wait(void) {
  /* Masked, a byte that comes between the question and the sleep still ends the sleep. */
  cortexm_mask_interrupts();
  if (ring_size(&received) == 0) cortexm_wait_for_interrupt();
  cortexm_unmask_interrupts();
}

void port_write(const uint8_t *data, size_t size) {
  for (; size; --size) {
    while ((USART1_ISR & USART_ISR_TXE) == 0) {
    }
    USART1_TDR = *data++;
  }
}
