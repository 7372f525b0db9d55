/* On AVR, what a program prints goes to the serial port, which simavr shows. */
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>
#include <stdio.h>

static int put(char c, FILE *stream)
{
  (void)stream;
  while ((UCSR0A & (1 << UDRE0)) == 0) {
  }
  UDR0 = (uint8_t)c;
  return 0;
}

__attribute__((constructor)) static void open_uart(void)
{
  static FILE uart = FDEV_SETUP_STREAM(put, NULL, _FDEV_SETUP_WRITE);
  UCSR0B = 1 << TXEN0;
  stdout = &uart;
}

/* The simulator ends where nothing can wake the processor. */
__attribute__((destructor)) static void stop(void)
{
  cli();
  sleep_enable();
  sleep_cpu();
}
