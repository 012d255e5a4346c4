/* From reset to main(): stack, interrupts, FPU, memory. */
#include "cortexm.h"
#include "stack.h"

/* Armv7-M architecture reference manual, B3.2 (system control block), B3.3 (SysTick), B3.4 (NVIC). */
#define SYSTICK_CTRL (*(volatile uint32_t *)0xE000E010u)
#define NVIC_ICER ((volatile uint32_t *)0xE000E180u)
#define NVIC_ICPR ((volatile uint32_t *)0xE000E280u)
#define SCB_VTOR (*(volatile uint32_t *)0xE000ED08u)
#define SCB_AIRCR (*(volatile uint32_t *)0xE000ED0Cu)
#define SCB_AIRCR_SYSRESETREQ 0x05FA0004u
#define SCB_CPACR (*(volatile uint32_t *)0xE000ED88u)
#define SCB_CPACR_FPU_FULL_ACCESS (0xFu << 20)

#if defined(__ARM_ARCH_6M__)
enum { NVIC_WORDS = 1, HAS_VTOR = 0 };
#else
enum { NVIC_WORDS = 8, HAS_VTOR = 1 };
#endif

extern const uint32_t __vectors[];
extern uint32_t __stack_top[];
extern uint32_t __data_start[], __data_end[], __bss_start[], __bss_end[];
extern const uint32_t __data_load[];
extern void (*const __init_array_start[])(void);
extern void (*const __init_array_end[])(void);

extern int main(void);
void cortexm_reset_handler(void);
void cortexm_start(void);

void cortexm_reset(void) {
  __asm volatile("dsb" ::: "memory");
  SCB_AIRCR = SCB_AIRCR_SYSRESETREQ;
  __asm volatile("dsb" ::: "memory");
  for (;;) {
  }
}

#define BY_DEFAULT_RESET __attribute__((weak, alias("cortexm_reset")))
BY_DEFAULT_RESET void cortexm_nmi_handler(void);
BY_DEFAULT_RESET void cortexm_hard_fault_handler(void);
BY_DEFAULT_RESET void cortexm_svcall_handler(void);
BY_DEFAULT_RESET void cortexm_pendsv_handler(void);
BY_DEFAULT_RESET void cortexm_systick_handler(void);

/* The first word is the initial stack pointer, the others are handlers. MemManage, BusFault and UsageFault
 * are not enabled, so that they escalate to HardFault. */
typedef union {
  void *pointer;
  cortexm_handler_t handler;
} vector_t;

__attribute__((section(".vectors.head"), used)) static const vector_t head[16] = {
    [0] = {.pointer = __stack_top},
    [1] = {.handler = cortexm_reset_handler},
    [2] = {.handler = cortexm_nmi_handler},
    [3] = {.handler = cortexm_hard_fault_handler},
    [4] = {.handler = cortexm_hard_fault_handler},
    [5] = {.handler = cortexm_hard_fault_handler},
    [6] = {.handler = cortexm_hard_fault_handler},
    [11] = {.handler = cortexm_svcall_handler},
    [12] = {.handler = cortexm_hard_fault_handler},
    [14] = {.handler = cortexm_pendsv_handler},
    [15] = {.handler = cortexm_systick_handler},
};

/* A bootloader may have left its own stack pointer, or have interrupts enabled. */
__attribute__((naked)) void cortexm_reset_handler(void) {
  __asm volatile(
      "cpsid i              \n"
      "movs  r0, #0         \n"
      "msr   control, r0    \n"
      "isb                  \n"
      "ldr   r0, =__stack_top \n"
      "msr   msp, r0        \n"
      "bl    cortexm_start  \n");
}

static void quiet_interrupts(void) {
  SYSTICK_CTRL = 0;
  for (uint32_t word = 0; word < NVIC_WORDS; ++word) {
    NVIC_ICER[word] = 0xFFFFFFFFu;
    NVIC_ICPR[word] = 0xFFFFFFFFu;
  }
}

static void init_memory(void) {
  const uint32_t *from = __data_load;
  for (uint32_t *to = __data_start; to != __data_end; ++to) *to = *from++;
  for (uint32_t *to = __bss_start; to != __bss_end; ++to) *to = 0;
}

void cortexm_start(void) {
  quiet_interrupts();
#if defined(__ARM_FP)
  SCB_CPACR |= SCB_CPACR_FPU_FULL_ACCESS;
  __asm volatile("dsb \n isb" ::: "memory");
#endif
  if (HAS_VTOR) SCB_VTOR = (uint32_t)__vectors;
  stack_paint();
  init_memory();
  for (void (*const *constructor)(void) = __init_array_start; constructor != __init_array_end;
       ++constructor) {
    (*constructor)();
  }
  cortexm_unmask_interrupts();
  (void)main();
  cortexm_reset();
}
