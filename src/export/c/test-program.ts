import { DataError } from '../../core/errors.ts';
import { elements } from '../../core/value.ts';
import { evaluateWithMagnitudes } from '../../deploy/evaluate.ts';
import type { Tensor64 } from '../../reference/reference.ts';
import { render } from './code.ts';
import { functionOf } from './header.ts';
import type { CProgram } from './program.ts';
import { AVR_LIMITS, type Stored } from './source.ts';
import { numberLines } from './text.ts';

/** Numerical Recipes' linear congruential generator, of which the highest byte is taken: the same in C and here. */
export const MULTIPLIER = 1664525;
export const INCREMENT = 1013904223;

/**
 * What the outputs of a vector may be off, relative to the largest of them and of what the network's last sums add up in magnitude:
 * float32 in another order than here, and a C library's expf. Outputs whose terms cancel are no more precise than the terms.
 */
const TOLERANCE = 1e-4;

/** A program that runs vectors through the network, compares with the outputs in float64, and prints "ok". */
export function testProgramText(
  name: string,
  program: CProgram,
  constantBytes: number,
  stored: Stored | undefined,
  vectors: number,
): string {
  const upper = name.toUpperCase();
  const { graph, indexType } = program;
  const { expected, tolerances } = expectedOutputs(program, stored, vectors);
  const inputBytes = stored ? elements(graph.input.shape) * (stored.type === 'uint8_t' ? 1 : 4) : 0;
  const isTooLargeForAvr =
    Math.max(4 * expected.length, inputBytes) >= 2 ** 15 || constantBytes + 4 * (expected.length + tolerances.length) >= 2 ** 16;
  const fill = stored
    ? [`${functionOf(stored)}[i] = ${stored.type === 'uint8_t' ? 'next_byte()' : BYTE_AS_FLOAT};`]
    : [`arena[${upper}_INPUT + i] = ${BYTE_AS_FLOAT};`];
  const run = stored ? `${name}_run_${functionOf(stored)}(arena, ${functionOf(stored)})` : `${name}_run(arena)`;
  return [
    `/* Runs ${vectors} inputs through the network, compares with what it gives in float64, and prints "ok". */`,
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
    '#define FROM_FLASH(element) pgm_read_float(&(element))',
    '#else',
    '#define IN_FLASH',
    '#define FROM_FLASH(element) (element)',
    '#endif',
    '',
    render([`static const float expected[VECTORS * ${upper}_OUTPUT_SIZE] IN_FLASH = {`, numberLines(expected), '};']),
    '/* What the outputs of each input may be off. */',
    render(['static const float tolerance[VECTORS] IN_FLASH = {', numberLines(tolerances), '};']),
    `static float arena[${upper}_ARENA_SIZE];`,
    ...(stored ? [`static ${stored.type} ${functionOf(stored)}[${upper}_INPUT_SIZE];`] : []),
    'static uint32_t state = 1;',
    '',
    render([
      '/* The highest byte of a linear congruential generator: the same inputs on every machine. */',
      'static uint8_t next_byte(void)',
      '{',
      [`state = state * ${MULTIPLIER}u + ${INCREMENT}u;`, 'return (uint8_t)(state >> 24);'],
      '}',
      '',
      'static float magnitude(float x)',
      '{',
      ['return x < 0.0f ? -x : x;'],
      '}',
      '',
      'int main(void)',
      '{',
      [
        'int failed = 0;',
        'const float *wanted = expected;',
        'for (int vector = 0; vector < VECTORS; vector++) {',
        [
          `for (${indexType} i = 0; i < ${upper}_INPUT_SIZE; i++) {`,
          fill,
          '}',
          `const float *output = ${run};`,
          `for (${indexType} i = 0; i < ${upper}_OUTPUT_SIZE; i++) {`,
          [
            'if (!(magnitude(output[i] - FROM_FLASH(wanted[i])) <= FROM_FLASH(tolerance[vector]))) {',
            [
              'printf("vector %d, output %ld: %g instead of %g\\n", vector, (long)i, (double)output[i], (double)FROM_FLASH(wanted[i]));',
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

const LARGEST_FLOAT = (2 - 2 ** -23) * 2 ** 127;
const BYTE_AS_FLOAT = '(float)next_byte() / 256.0f';

interface Expected {
  /** The outputs of all vectors, one after the other. */
  readonly expected: Float64Array;
  /** One a vector. */
  readonly tolerances: Float64Array;
}

function expectedOutputs({ graph }: CProgram, stored: Stored | undefined, vectors: number): Expected {
  const size = elements(graph.input.shape);
  const shape = [vectors, ...graph.input.shape];
  const factor = stored?.type === 'uint8_t' ? 1 : 1 / 256;
  let state = 1;
  const next = () => {
    state = (Math.imul(state, MULTIPLIER) + INCREMENT) >>> 0;
    return (state >>> 24) * factor;
  };
  const { scale, offset } = stored ?? { scale: 1, offset: 0 };
  const x: Tensor64 = { shape, data: Float64Array.from({ length: vectors * size }, () => next() * scale + offset) };
  const { output, magnitude } = evaluateWithMagnitudes(graph, x);
  const { data } = output;
  const beyond = data.find((value) => !Number.isFinite(Math.fround(value)));
  if (beyond !== undefined)
    throw new DataError(
      `encodeC: the network makes ${beyond} of an input of the test program, which float32 does not hold; look for what diverged in its ` +
        'training, or leave the program out by vectors: 0',
    );
  const tolerances = Float64Array.from({ length: vectors }, (_, vector) => {
    const largest = [data, magnitude.data].map((values) =>
      values.subarray((vector * values.length) / vectors, ((vector + 1) * values.length) / vectors).reduce(larger, 0),
    );
    return Math.min(TOLERANCE * Math.max(...largest), LARGEST_FLOAT);
  });
  return { expected: data, tolerances };
}

function larger(most: number, value: number): number {
  return Math.max(most, Math.abs(value));
}
