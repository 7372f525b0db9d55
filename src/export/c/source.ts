import { elements } from '../../core/value.ts';
import { type Code, moved, render } from './code.ts';
import { HELPER_NAMES, HELPERS, type Helper, helperText } from './float32/helpers.ts';
import type { ConstantArray, Routine } from './float32/routine.ts';
import { Names } from './names.ts';
import type { CProgram } from './program.ts';
import { commentText, numberLines, scaledText, stringText } from './text.ts';

/** How the input is made of what is stored, where that is known: s becomes s * scale + offset. */
export interface Stored {
  readonly type: 'uint8_t' | 'float';
  readonly scale: number;
  readonly offset: number;
}

/** Constants as the source has them. */
export interface NamedArray {
  readonly name: string;
  readonly array: ConstantArray;
}

/** The constants of a program, each once, and its routines, those that are equal once. */
export class Source {
  readonly constants: readonly NamedArray[];
  private readonly arrayNames = new Map<string, string>();
  private readonly routines = new Map<string, { readonly name: string; readonly routine: Routine; readonly layer: string }>();
  private readonly names = new Names();

  constructor(
    private readonly name: string,
    private readonly program: CProgram,
  ) {
    for (const name of [...HELPER_NAMES, ...PUBLIC.map((part) => `${this.name}_${part}`)]) this.names.make(name);
    const named: NamedArray[] = [];
    for (const { routine, layer } of program.calls) {
      for (const array of routine.constants)
        if (!this.arrayNames.has(array.name)) {
          const name = this.names.make(array.name);
          this.arrayNames.set(array.name, name);
          named.push({ name, array });
        }
      const key = keyOf(routine);
      if (!this.routines.has(key)) this.routines.set(key, { name: this.names.make('run', layer), routine, layer });
    }
    this.constants = named;
  }

  /** Bytes of the constants. */
  get constantBytes(): number {
    return 4 * this.constants.reduce((sum, { array }) => sum + array.elements, 0);
  }

  text(stored: Stored | undefined, classNames: readonly string[] | undefined): string {
    const { name } = this;
    const helpers = new Set([...this.routines.values()].flatMap(({ routine }) => [...routine.helpers]));
    const math = [...this.routines.values()].some(({ routine }) => routine.math) || [...helpers].some(needsMath);
    const sections = [
      [`#include "${name}.h"`, ...(math ? ['', '#include <math.h>'] : [])].join('\n').concat('\n'),
      ...(this.constants.length > 0 ? [this.flashText()] : []),
      ...this.constants.map((array) => arrayText(array)),
      ...[...helpers].flatMap(helperText),
      ...[...this.routines.values()].map(({ name, routine, layer }) => routineText(name, routine, layer)),
      ...(classNames ? [classNamesText(name, classNames)] : []),
      this.runText(),
      ...(stored ? [storedText(name, stored, this.program)] : []),
    ];
    return sections.join('\n');
  }

  private flashText(): string {
    return [
      '/* Constants stay in flash: on AVR, whose flash is no part of the address space, they are marked, and read by an instruction of its own. */',
      '#if defined(__AVR__)',
      ...(this.isTooLargeForAvr() ? [`#error "${AVR_LIMITS}"`] : []),
      '#include <avr/pgmspace.h>',
      '#define IN_FLASH PROGMEM',
      '#define FROM_FLASH(element) pgm_read_float(&(element))',
      '#else',
      '#define IN_FLASH',
      '#define FROM_FLASH(element) (element)',
      '#endif',
      '',
    ].join('\n');
  }

  private isTooLargeForAvr(): boolean {
    const largest = this.constants.reduce((most, { array }) => Math.max(most, array.elements), this.program.arena);
    return 4 * largest >= 2 ** 15 || this.constantBytes >= 2 ** 16;
  }

  private runText(): string {
    const { calls, output } = this.program;
    const at = (offset: number) => moved('arena', `${offset}`);
    const lines = calls.map(({ routine, inputs, output, layer }) => {
      const found = this.routines.get(keyOf(routine));
      const constants = routine.constants.map((array) => this.arrayNames.get(array.name) ?? '');
      const call = `${found?.name}(${[...inputs.map(at), at(output), ...constants].join(', ')});`;
      return found?.layer === layer ? call : `${call} /* ${commentText(layer)} */`;
    });
    return render([`const float *${this.name}_run(float *arena)`, '{', [...lines, `return ${at(output)};`], '}']);
  }
}

export const AVR_LIMITS = 'more than AVR addresses: 32767 bytes for an array and for the arena, 65535 for all constants';

/** What the header declares, behind the name. */
const PUBLIC = ['run', 'run_pixels', 'run_values', 'class_names'];

function needsMath(helper: Helper): boolean {
  return HELPERS[helper].math;
}

/** Routines that compute the same, with whatever constants. */
function keyOf({ comment, inputs, constants, body }: Routine): string {
  return JSON.stringify([comment, inputs, constants.map(({ role }) => role), body]);
}

function arrayText({ name, array }: NamedArray): string {
  return render([`static const float ${name}[${array.elements}] IN_FLASH = {`, numberLines(array.data()), '};']);
}

function routineText(name: string, routine: Routine, layer: string): string {
  const { inputs, inPlace, constants, body, comment } = routine;
  const restrict = inPlace ? '' : 'restrict ';
  const parameters = [
    ...inputs.map((input) => `const float *${restrict}${input}`),
    `float *${restrict}y`,
    ...constants.map(({ role }) => `const float *${role}`),
  ];
  return render([
    `/* ${commentText(`${layer}: ${comment}`)} */`,
    `static void ${name}(${parameters.join(', ')})`,
    '{',
    body,
    '}',
  ]);
}

function classNamesText(name: string, classNames: readonly string[]): string {
  const texts: Code = classNames.map((text) => `${stringText(text)},`);
  return render([`const char *const ${name}_class_names[${classNames.length}] = {`, texts, '};']);
}

function storedText(name: string, { type, ...scaling }: Stored, { input, indexType, graph }: CProgram): string {
  const stored =
    type === 'uint8_t' ? { function: 'pixels', cast: '(float)pixels[i]' } : { function: 'values', cast: 'values[i]' };
  return render([
    `const float *${name}_run_${stored.function}(float *arena, const ${type} *${stored.function})`,
    '{',
    [
      `float *x = ${moved('arena', `${input}`)};`,
      `for (${indexType} i = 0; i < ${elements(graph.input.shape)}; i++) {`,
      [`x[i] = ${scaledText(stored.cast, scaling)};`],
      '}',
      `return ${name}_run(arena);`,
    ],
    '}',
  ]);
}
