import { elements, formatShape } from '../../../core/value.ts';
import { VERSION } from '../../../core/version.ts';
import { headerBegin, headerEnd } from '../header-frame.ts';
import { commentText, floatText } from '../text.ts';
import type { IntegerProgram } from './program.ts';

export interface IntegerHeaderFacts {
  readonly name: string;
  readonly parameters: number;
  readonly macs: number;
  readonly constantBytes: number;
  readonly weightBits: number;
  readonly hash: string;
  /** Whether bytes go in as they are stored. */
  readonly pixels: boolean;
  readonly classNames: readonly string[] | undefined;
  readonly dataName: string | undefined;
}

export function integerHeaderText(program: IntegerProgram, facts: IntegerHeaderFacts): string {
  const { name, classNames, dataName, weightBits, pixels } = facts;
  const upper = name.toUpperCase();
  const { arena, input } = program;
  const { input: x, output: y } = program.graph;
  const sizes = { input: elements(x.shape), output: elements(y.shape) };
  const axes = x.shape.length === 3 ? ', rows of pixels, channels last' : '';
  return [
    '/*',
    ` * ${commentText(`${name}: ${formatShape(x.shape)} -> ${formatShape(y.shape)}, integers: weights of ${weightBits} bits, values of 8. Written by paredown ${VERSION}.`)}`,
    ` * model ${facts.hash.slice(0, 16)}${dataName === undefined ? '' : commentText(`, trained on ${dataName}`)}`,
    ' *',
    ` *   parameters            ${facts.parameters}`,
    ` *   multiply-accumulates  ${facts.macs} for one input`,
    ` *   flash, constants      ${facts.constantBytes} bytes; the code besides, which the compiler's \`size\` tells`,
    ` *   RAM, arena            ${arena} bytes, which the caller provides, and the stack of a few nested calls`,
    ' *',
    ' * No floating point, no allocation, no state of its own: inferences in several arenas may run at the same time.',
    ' *',
    ` *   static int8_t arena[${upper}_ARENA_SIZE];`,
    ...(pixels
      ? [` *   const int8_t *output = ${name}_run_pixels(arena, pixels);`]
      : [
          ` *   int8_t *input = arena + ${upper}_INPUT;`,
          ` *   ... input[0] to input[${upper}_INPUT_SIZE - 1]: ${formatShape(x.shape)}${axes} ...`,
          ` *   const int8_t *output = ${name}_run(arena);`,
        ]),
    ` *   ... output[0] to output[${upper}_OUTPUT_SIZE - 1], until the arena is used again: the largest is the class ...`,
    ' *',
    ' * An integer q stands for scale * (q - zero point).',
    ' */',
    ...headerBegin(upper, { ...sizes, arena }, input, 'bytes'),
    '',
    '/* What the integers stand for. */',
    `#define ${upper}_INPUT_SCALE ${floatText(x.scale)}`,
    `#define ${upper}_INPUT_ZERO_POINT (${x.zeroPoint})`,
    `#define ${upper}_OUTPUT_SCALE ${floatText(y.scale)}`,
    `#define ${upper}_OUTPUT_ZERO_POINT (${y.zeroPoint})`,
    '',
    '/* Returns the output, in the arena, of the input that lies there, which is overwritten. */',
    `const int8_t *${name}_run(int8_t *arena);`,
    ...(pixels
      ? [
          '',
          `/* The same for ${upper}_INPUT_SIZE bytes as they are stored, ${formatShape(x.shape)}${axes}. */`,
          `const int8_t *${name}_run_pixels(int8_t *arena, const uint8_t *pixels);`,
        ]
      : []),
    ...headerEnd(name, classNames, sizes.output),
  ].join('\n');
}
