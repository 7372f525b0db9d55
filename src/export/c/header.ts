import { elements, formatShape } from '../../core/value.ts';
import { VERSION } from '../../core/version.ts';
import { headerBegin, headerEnd } from './header-frame.ts';
import type { CProgram } from './program.ts';
import type { Stored } from './source.ts';
import { commentText, scaledText } from './text.ts';

export interface HeaderFacts {
  readonly name: string;
  readonly parameters: number;
  readonly macs: number;
  readonly constantBytes: number;
  readonly hash: string;
  readonly stored: Stored | undefined;
  readonly classNames: readonly string[] | undefined;
  readonly dataName: string | undefined;
}

export function headerText(program: CProgram, facts: HeaderFacts): string {
  const { name, stored, classNames, dataName } = facts;
  const upper = name.toUpperCase();
  const { graph, arena, input } = program;
  const sizes = { input: elements(graph.input.shape), output: elements(graph.output.shape) };
  const axes = graph.input.shape.length === 3 ? ', rows of pixels, channels last' : '';
  const filled = stored ? `${name}_run_${functionOf(stored)}` : `${name}_run`;
  return [
    '/*',
    ` * ${commentText(`${name}: ${formatShape(graph.input.shape)} -> ${formatShape(graph.output.shape)}, float32. Written by paredown ${VERSION}.`)}`,
    ` * model ${facts.hash.slice(0, 16)}${dataName === undefined ? '' : commentText(`, trained on ${dataName}`)}`,
    ' *',
    ` *   parameters            ${facts.parameters}`,
    ` *   multiply-accumulates  ${facts.macs} for one input`,
    ` *   flash, constants      ${facts.constantBytes} bytes; the code besides, which the compiler's \`size\` tells`,
    ` *   RAM, arena            ${4 * arena} bytes, which the caller provides, and the stack of a few nested calls`,
    ' *',
    ' * No allocation, no state of its own: inferences in several arenas may run at the same time.',
    ' *',
    ` *   static float arena[${upper}_ARENA_SIZE];`,
    ...(stored
      ? [` *   const float *output = ${filled}(arena, ${functionOf(stored)});`]
      : [
          ` *   float *input = arena + ${upper}_INPUT;`,
          ` *   ... input[0] to input[${upper}_INPUT_SIZE - 1]: ${formatShape(graph.input.shape)}${axes} ...`,
          ` *   const float *output = ${filled}(arena);`,
        ]),
    ` *   ... output[0] to output[${upper}_OUTPUT_SIZE - 1], until the arena is used again ...`,
    ' */',
    ...headerBegin(upper, { ...sizes, arena }, input, 'floats'),
    '',
    `/* Returns the output, in the arena, of the input that lies there, which is overwritten. */`,
    `const float *${name}_run(float *arena);`,
    ...(stored
      ? [
          '',
          `/* The same for ${upper}_INPUT_SIZE ${stored.type === 'uint8_t' ? 'bytes' : 'numbers'} as they are stored, ${formatShape(graph.input.shape)}${axes}: to the network, s is`,
          `   ${scaledText('s', stored)}. */`,
          `const float *${name}_run_${functionOf(stored)}(float *arena, const ${stored.type} *${functionOf(stored)});`,
        ]
      : []),
    ...headerEnd(name, classNames, sizes.output),
  ].join('\n');
}

export function functionOf({ type }: Stored): 'pixels' | 'values' {
  return type === 'uint8_t' ? 'pixels' : 'values';
}
