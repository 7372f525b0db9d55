// What stands around the declarations of a header, whatever its numbers are.

/** Guards, and what the caller has to know of sizes; `unit`: what the arena is made of. */
export function headerBegin(
  upper: string,
  sizes: { readonly input: number; readonly output: number; readonly arena: number },
  input: number,
  unit: 'floats' | 'bytes',
): string[] {
  return [
    `#ifndef ${upper}_H`,
    `#define ${upper}_H`,
    '',
    '#include <stdint.h>',
    '',
    '#ifdef __cplusplus',
    'extern "C" {',
    '#endif',
    '',
    `/* Numbers of ${unit}. */`,
    `#define ${upper}_INPUT_SIZE ${sizes.input}`,
    `#define ${upper}_OUTPUT_SIZE ${sizes.output}`,
    `#define ${upper}_ARENA_SIZE ${sizes.arena}`,
    '',
    '/* Where the input begins in the arena. */',
    `#define ${upper}_INPUT ${input}`,
  ];
}

/** The names of the classes, where there are some, and the end of the guards. */
export function headerEnd(name: string, classNames: readonly string[] | undefined, outputs: number): string[] {
  return [
    ...(classNames
      ? [
          '',
          `/* ${outputs === classNames.length ? 'What each output stands for, in UTF-8.' : 'What the classes 0 and 1 are called, in UTF-8.'} */`,
          `extern const char *const ${name}_class_names[${classNames.length}];`,
        ]
      : []),
    '',
    '#ifdef __cplusplus',
    '}',
    '#endif',
    '',
    '#endif',
    '',
  ];
}
