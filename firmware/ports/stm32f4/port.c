/* port.h for the STM32F401, F405, F411 and F446: USART 2 on PA2 and PA3, which is the ST-LINK's serial port
 * on a Nucleo-64, received by interrupt; time from TIM2, in processor cycles.
 *
 * The chip stays on the 16 MHz oscillator that it starts with: no crystal, no PLL and no wait for either, so
 * that the image is right on every board, and TIM2 counts what the processor does. Registers: ST's reference
 * manual RM0390 (F446; RCC 6.3, GPIO 7.4, TIM2 17.4, USART 25.6); the others have the same ones at the same
 * addresses (RM0368, RM0090, RM0383).
 *
 * QEMU's STM32F405 has neither RCC nor GPIO, and its TIM2 counts nanoseconds, 128 an instruction: it is made
 * to count two, see cortexm/instructions.h.
 */
#include "port.h"

#include "build_info.h"
#include "cortexm.h"
#include "ring.h"

#define REG32(address) (*(volatile uint32_t *)(address))

#define RCC_AHB1ENR REG32(0x40023830u)
#define RCC_AHB1ENR_GPIOA 1u
#define RCC_APB1ENR REG32(0x40023840u)
#define RCC_APB1ENR_TIM2 1u
#define RCC_APB1ENR_USART2 (1u << 17)

#define GPIOA_MODER REG32(0x40020000u) /* two bits a pin; 2: alternate function */
#define GPIOA_AFRL REG32(0x40020020u)  /* four bits a pin */
#define AF_USART2 7u

#define USART2_SR REG32(0x40004400u)
#define USART_SR_RXNE (1u << 5)
#define USART_SR_TXE (1u << 7)
#define USART2_DR REG32(0x40004404u)
#define USART2_BRR REG32(0x40004408u)
#define USART2_CR1 REG32(0x4000440Cu)
#define USART_CR1_RE (1u << 2)
#define USART_CR1_TE (1u << 3)
#define USART_CR1_RXNEIE (1u << 5)
#define USART_CR1_UE (1u << 13)

#define TIM2_CR1 REG32(0x40000000u)
#define TIM2_EGR REG32(0x40000014u)
#define TIM2_CNT REG32(0x40000024u)
#define TIM2_PSC REG32(0x40000028u)
#define TIM2_ARR REG32(0x4000002Cu)
#define TIM_CEN 1u
#define TIM_EGR_UPDATE 1u

enum {
  USART2_IRQ = 38,
  TX_PIN = 2,
  RX_PIN = 3,
  BAUD_DIVIDER = 139, /* 16 MHz / 115200, rounded: 0.08 % off */
  INSTRUCTIONS_PER_TICKS = 1,
  TICKS_SHIFT = 1,
  PRESCALER_IN_QEMU = 63, /* every 64 ns */
};

/* 32 bits: more than 2.1e9 instructions between two readings are counted short, and 268 s on the chip. */
static uint64_t counter(void) {
  static uint32_t last;
  static uint64_t total;
  const uint32_t now = TIM2_CNT;
  total += now - last;
  last = now;
  return total;
}

#define INSTRUCTIONS_OR_CYCLES
#include "instructions.h"

static ring_t received;

static port_info_t info = {.board = tinyml_build_board, .rx_buffer = RING_BYTES};

static void serve_uart(void) {
  interrupt_begins();
  while (USART2_SR & USART_SR_RXNE) ring_put(&received, (uint8_t)USART2_DR);
  interrupt_ends();
}

CORTEXM_INTERRUPTS = {[USART2_IRQ] = serve_uart};

static void use_pin(uint32_t pin) {
  GPIOA_MODER = (GPIOA_MODER & ~(3u << 2 * pin)) | 2u << 2 * pin;
  GPIOA_AFRL = (GPIOA_AFRL & ~(15u << 4 * pin)) | AF_USART2 << 4 * pin;
}

static void start_timer(uint32_t prescaler) {
  TIM2_PSC = prescaler;
  TIM2_EGR = TIM_EGR_UPDATE; /* takes it over */
  TIM2_CR1 = TIM_CEN;
}

void port_init(void) {
  RCC_AHB1ENR |= RCC_AHB1ENR_GPIOA;
  RCC_APB1ENR |= RCC_APB1ENR_TIM2 | RCC_APB1ENR_USART2;
  (void)RCC_APB1ENR; /* the clocks are there two cycles later (RM0390, 6.3.13) */
  TIM2_ARR = 0xFFFFFFFFu;
  start_timer(0);
  use_pin(TX_PIN);
  use_pin(RX_PIN);
  USART2_BRR = BAUD_DIVIDER;
  USART2_CR1 = USART_CR1_UE | USART_CR1_TE | USART_CR1_RE | USART_CR1_RXNEIE;
  cortexm_enable_interrupt(USART2_IRQ);
  tell_chip_from_emulator();
  if (!ticks_are_cycles) start_timer(PRESCALER_IN_QEMU);
  instructions_init(USART2_IRQ);
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
    while ((USART2_SR & USART_SR_TXE) == 0) {
    }
    USART2_DR = *data++;
  }
}
