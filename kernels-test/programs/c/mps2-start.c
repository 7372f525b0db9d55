/* The start of a Cortex-M on qemu's MPS2 boards, whose output and exit go by semihosting (newlib's librdimon). */
#include <stdint.h>
#include <stdlib.h>

extern uint32_t bss_start, bss_end, stack_top;
int main(void);
void initialise_monitor_handles(void);

static void reset(void)
{
#if defined(__ARM_FP)
  /* The FPU is off at first. */
  *(volatile uint32_t *)0xE000ED88u |= 0xFu << 20;
  __asm volatile("dsb\n\tisb");
#endif
  for (uint32_t *word = &bss_start; word < &bss_end; word++) {
    *word = 0;
  }
  initialise_monitor_handles();
  exit(main());
}

static void fault(void)
{
  exit(2);
}

__attribute__((section(".vectors"), used)) static void *const vectors[] = {&stack_top, reset, fault, fault};

void _init(void)
{
}

void _fini(void)
{
}
