// As much of Arduino's core as the sketch in examples/export/ uses, on a computer: the serial line is standard input and output.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

struct SerialLine {
  void begin(long) {}
  size_t readBytes(uint8_t *buffer, size_t length) {
    const size_t count = std::fread(buffer, 1, length, stdin);
    if (count == 0) std::exit(0);
    return count;
  }
  void print(const char *text) { std::fputs(text, stdout); }
  void print(unsigned long number) { std::printf("%lu", number); }
  void println(const char *text) { std::puts(text); }
};

static SerialLine Serial;
static unsigned long micros() { return 0; }
void setup();
void loop();

int main() {
  setup();
  for (;;) loop();
}
