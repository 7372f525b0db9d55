// Classifies images that come over the serial line, on any board that has the RAM: NETWORK_INPUT_SIZE bytes in, a line with the class and
// the time back. network.h and network.c go beside this sketch; classes and scaling come from the model:
//   paredown export model.safetensors --to c --out examples/export/digits
#include "network.h"

static float arena[NETWORK_ARENA_SIZE];
static uint8_t pixels[NETWORK_INPUT_SIZE];

void setup() {
  Serial.begin(115200);
}

void loop() {
  // After a second without a byte, what came is not a whole image.
  if (Serial.readBytes(pixels, sizeof pixels) < sizeof pixels) return;
  const unsigned long start = micros();
  const float *output = network_run_pixels(arena, pixels);
  const unsigned long elapsed = micros() - start;
  int best = 0;
  for (int i = 1; i < NETWORK_OUTPUT_SIZE; i++) {
    if (output[i] > output[best]) best = i;
  }
  Serial.print(network_class_names[best]);
  Serial.print(", ");
  Serial.print(elapsed);
  Serial.println(" microseconds");
}
