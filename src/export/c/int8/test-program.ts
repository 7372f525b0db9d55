import { elements } from '../../../core/value.ts';
import { evaluateIntegers } from '../../../quantize/reference.ts';
import { render } from '../code.ts';
import { AVR_LIMITS } from '../source.ts';
import { INCREMENT, MULTIPLIER } from '../test-program.ts';
import type { IntegerProgram } from './program.ts';
import { type ByteTable, integerLines } from './source.ts';

/** A program that runs vectors through the network in integers, compares with what the reference gives, and prints "ok". */
export function integerTestText(
  name: string,
  program: IntegerProgram,
  constantBytes: number,
  bytes: ByteTable | undefined,
  vectors: number,
): string {
  const upper = name.toUpperCase();
  const { indexType } = program;
  const expected = expectedOutputs(program, bytes, vectors);
  const isTooLargeForAvr = expected.length >= 2 ** 15 || constantBytes + expected.length >= 2 ** 16;
  return [
    `/* Runs ${vectors} inputs through the network, compares with the integers that it must give, and prints "ok". */`,
    '#include <stdio.h>',
    '',
    `#include "${name}.h"`,
    '',
    `#define VECTORS ${vectors}`,
    '',
    '#if defined(__AVR__)',
    ...(isTooLargeForAvr ? [`#error "${AVR_LIMITS}; write fewer vectors, or leave this program out"`] : []),
    '#include <avr/pgmspace.h>',
    '#define IN_FLASH PROGMEM',
    '#define BYTE_FROM_FLASH(element) pgm_read_byte(&(element))',
    '#else',
    '#define IN_FLASH',
    '#define BYTE_FROM_FLASH(element) (element)',
    '#endif',
    '',
    render([`static const int8_t expected[VECTORS * ${upper}_OUTPUT_SIZE] IN_FLASH = {`, integerLines(expected), '};']),
    `static int8_t arena[${upper}_ARENA_SIZE];`,
    ...(bytes ? [`static uint8_t pixels[${upper}_INPUT_SIZE];`] : []),
    'static uint32_t state = 1;',
    '',
    render([
      '/* The highest byte of a linear congruential generator: the same inputs on every machine. */',
      'static uint8_t next_byte(void)',
      '{',
      [`state = state * ${MULTIPLIER}u + ${INCREMENT}u;`, 'return (uint8_t)(state >> 24);'],
      '}',
      '',
      'int main(void)',
      '{',
      [
        'int failed = 0;',
        'const int8_t *wanted = expected;',
        'for (int vector = 0; vector < VECTORS; vector++) {',
        [
          `for (${indexType} i = 0; i < ${upper}_INPUT_SIZE; i++) {`,
          [bytes ? 'pixels[i] = next_byte();' : `arena[${upper}_INPUT + i] = (int8_t)(next_byte() - 128);`],
          '}',
          `const int8_t *output = ${bytes ? `${name}_run_pixels(arena, pixels)` : `${name}_run(arena)`};`,
          `for (${indexType} i = 0; i < ${upper}_OUTPUT_SIZE; i++) {`,
          [
            'if (output[i] != (int8_t)BYTE_FROM_FLASH(wanted[i])) {',
            [
              'printf("vector %d, output %ld: %d instead of %d\\n", vector, (long)i, output[i], (int8_t)BYTE_FROM_FLASH(wanted[i]));',
              'failed = 1;',
            ],
            '}',
          ],
          '}',
          `wanted += ${upper}_OUTPUT_SIZE;`,
        ],
        '}',
        'puts(failed ? "failed" : "ok");',
        'return failed;',
      ],
      '}',
    ]),
  ].join('\n');
}

function expectedOutputs({ graph }: IntegerProgram, bytes: ByteTable | undefined, vectors: number): Int8Array {
  const [size, outputs] = [elements(graph.input.shape), elements(graph.output.shape)];
  const expected = new Int8Array(vectors * outputs);
  let state = 1;
  const next = () => {
    state = (Math.imul(state, MULTIPLIER) + INCREMENT) >>> 0;
    return state >>> 24;
  };
  for (let vector = 0; vector < vectors; vector++) {
    const x = Int8Array.from({ length: size }, () => {
      const byte = next();
      return bytes ? (bytes[byte] ?? 0) : byte - 128;
    });
    expected.set(evaluateIntegers(graph, x).get(graph.output.name) ?? x, vector * outputs);
  }
  return expected;
}
