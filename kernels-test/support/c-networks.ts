import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeC, type Model, type Value, type Weights } from '../../src/node.ts';
import { compiled, execute, written } from './c-compilers.ts';

/** A network that is tried in C, and the inputs [N, ...] that it gets. */
export interface CNetwork {
  readonly m: Model;
  readonly weights: Weights;
  readonly x: Value;
}

/** Compiles networks into one program, runs it, and returns the outputs of each for all of its inputs, one after the other. */
export async function outputsInC(
  networks: readonly CNetwork[],
  folder: string,
  compiler: string,
  flags: readonly string[],
): Promise<Float32Array[]> {
  const files = networks.map(({ m, weights }, index) => encodeC(m, weights, { name: `n${index}`, vectors: 0 }));
  const sources = await written(folder, Object.assign({ 'driver.c': driver(networks) }, ...files));
  const objects = await compiled(
    compiler,
    flags,
    sources.filter((path) => path.endsWith('.c')),
  );
  const [program, input, output] = ['driver', 'in', 'out'].map((name) => join(folder, name)) as [string, string, string];
  await execute(compiler, ...flags, ...objects, '-lm', '-o', program);
  await writeFile(
    input,
    Buffer.concat(networks.map(({ x: { data } }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength))),
  );
  await execute(program, input, output);
  const bytes = await readFile(output);
  const numbers = new Float32Array(new Uint8Array(bytes).buffer);
  let start = 0;
  return networks.map(({ x }, index) => {
    const size = Number(/_OUTPUT_SIZE (\d+)/.exec(files[index]?.[`n${index}.h`] ?? '')?.[1]);
    const length = (x.shape[0] ?? 1) * size;
    start += length;
    return numbers.subarray(start - length, start);
  });
}

/** A program that reads the inputs of all networks from one file and writes their outputs to another. */
function driver(networks: readonly CNetwork[]): string {
  const functions = networks.map(({ x }, index) =>
    [
      `static void run_n${index}(FILE *in, FILE *out)`,
      '{',
      `  static float arena[N${index}_ARENA_SIZE];`,
      `  for (int sample = 0; sample < ${x.shape[0]}; sample++) {`,
      `    if (fread(arena + N${index}_INPUT, sizeof(float), N${index}_INPUT_SIZE, in) != N${index}_INPUT_SIZE) {`,
      '      return;',
      '    }',
      `    fwrite(n${index}_run(arena), sizeof(float), N${index}_OUTPUT_SIZE, out);`,
      '  }',
      '}',
    ].join('\n'),
  );
  return [
    '#include <stdio.h>',
    ...networks.map((_, index) => `#include "n${index}.h"`),
    ...functions,
    'int main(int count, char **arguments)',
    '{',
    '  FILE *in = count == 3 ? fopen(arguments[1], "rb") : NULL;',
    '  FILE *out = count == 3 ? fopen(arguments[2], "wb") : NULL;',
    '  if (!in || !out) {',
    '    return 1;',
    '  }',
    ...networks.map((_, index) => `  run_n${index}(in, out);`),
    '  fclose(in);',
    '  return fclose(out);',
    '}',
    '',
  ].join('\n');
}
