import { elements } from '../../../core/value.ts';
import { type Code, moved, render } from '../code.ts';
import { Names } from '../names.ts';
import { AVR_LIMITS } from '../source.ts';
import { commentText, stringText } from '../text.ts';
import { helperText, INTEGER_HELPER_NAMES } from './helpers.ts';
import type { IntegerProgram } from './program.ts';
import { type IntegerArray, type IntegerHelper, type IntegerRoutine, typeOf } from './routine.ts';

/** The integers of the input for bytes as they are stored. */
export type ByteTable = Int8Array;

/** The constants of a program in integers, each once, and its routines, those that are equal once. */
export class IntegerSource {
  private readonly constants: { readonly name: string; readonly array: IntegerArray }[] = [];
  private readonly arrayNames = new Map<string, string>();
  private readonly routines = new Map<
    string,
    { readonly name: string; readonly routine: IntegerRoutine; readonly layer: string }
  >();
  private readonly names = new Names();

  constructor(
    private readonly name: string,
    private readonly program: IntegerProgram,
    private readonly bytes: ByteTable | undefined,
  ) {
    for (const taken of [...INTEGER_HELPER_NAMES, ...PUBLIC.map((part) => `${name}_${part}`)]) this.names.make(taken);
    for (const { routine, layer } of program.calls) {
      for (const array of routine.constants) this.keep(array);
      const key = keyOf(routine);
      if (!this.routines.has(key)) this.routines.set(key, { name: this.names.make('run', layer), routine, layer });
    }
    if (bytes && !isShift(bytes)) this.keep({ role: 'table', name: BYTES, data: bytes });
  }

  /** Bytes of the constants. */
  get constantBytes(): number {
    return this.constants.reduce((sum, { array }) => sum + array.data.byteLength, 0);
  }

  text(classNames: readonly string[] | undefined): string {
    const routines = [...this.routines.values()];
    const called = new Set(routines.flatMap(({ routine }) => routine.helpers));
    const helpers = [...called].sort((a, b) => orderOf(a) - orderOf(b));
    const sections = [
      `#include "${this.name}.h"\n`,
      ...(this.constants.length > 0 ? [this.flashText()] : []),
      ...this.constants.map(({ name, array }) =>
        render([`static const ${typeOf(array)} ${name}[${array.data.length}] IN_FLASH = {`, integerLines(array.data), '};']),
      ),
      ...helpers.map((helper) => helperText(helper, this.program.graph.rounding)),
      ...routines.map(({ name, routine, layer }) => routineText(name, routine, layer)),
      ...(classNames ? [classNamesText(this.name, classNames)] : []),
      this.runText(),
      ...(this.bytes ? [this.pixelsText(this.bytes)] : []),
    ];
    return sections.join('\n');
  }

  private keep(array: IntegerArray): void {
    if (this.arrayNames.has(array.name)) return;
    const name = this.names.make(array.name);
    this.arrayNames.set(array.name, name);
    this.constants.push({ name, array });
  }

  private flashText(): string {
    const largest = this.constants.reduce((most, { array }) => Math.max(most, array.data.byteLength), this.program.arena);
    return [
      '/* Constants stay in flash: on AVR, whose flash is no part of the address space, they are marked, and read by an instruction of its own. */',
      '#if defined(__AVR__)',
      ...(largest >= 2 ** 15 || this.constantBytes >= 2 ** 16 ? [`#error "${AVR_LIMITS}"`] : []),
      '#include <avr/pgmspace.h>',
      '#define IN_FLASH PROGMEM',
      '#define BYTE_FROM_FLASH(element) pgm_read_byte(&(element))',
      '#define WORD_FROM_FLASH(element) pgm_read_dword(&(element))',
      '#else',
      '#define IN_FLASH',
      '#define BYTE_FROM_FLASH(element) (element)',
      '#define WORD_FROM_FLASH(element) (element)',
      '#endif',
      '',
    ].join('\n');
  }

  private runText(): string {
    const { calls, output } = this.program;
    const at = (offset: number) => moved('arena', `${offset}`);
    const lines = calls.map(({ routine, inputs, output, layer }) => {
      const found = this.routines.get(keyOf(routine));
      const constants = routine.constants.map(({ name }) => this.arrayNames.get(name) ?? '');
      const call = `${found?.name}(${[...inputs.map(at), at(output), ...constants].join(', ')});`;
      return found?.layer === layer ? call : `${call} /* ${commentText(layer)} */`;
    });
    return render([`const int8_t *${this.name}_run(int8_t *arena)`, '{', [...lines, `return ${at(output)};`], '}']);
  }

  private pixelsText(bytes: ByteTable): string {
    const { input, indexType, graph } = this.program;
    const table = this.arrayNames.get(BYTES);
    const integer =
      table === undefined ? `(int8_t)(pixels[i] - ${-(bytes[0] ?? 0)})` : `(int8_t)BYTE_FROM_FLASH(${table}[pixels[i]])`;
    return render([
      `const int8_t *${this.name}_run_pixels(int8_t *arena, const uint8_t *pixels)`,
      '{',
      [
        `int8_t *x = ${moved('arena', `${input}`)};`,
        `for (${indexType} i = 0; i < ${elements(graph.input.shape)}; i++) {`,
        [`x[i] = ${integer};`],
        '}',
        `return ${this.name}_run(arena);`,
      ],
      '}',
    ]);
  }
}

const BYTES = 'input/bytes';
/** What the header declares, behind the name. */
const PUBLIC = ['run', 'run_pixels', 'class_names'];

/** Whether each integer is the byte less 128. */
function isShift(bytes: ByteTable): boolean {
  return bytes.every((integer, byte) => integer === byte - 128);
}

function orderOf(helper: IntegerHelper): number {
  return INTEGER_HELPER_NAMES.indexOf(helper);
}

/** Routines that compute the same, with whatever constants. */
function keyOf({ comment, inputs, constants, body }: IntegerRoutine): string {
  return JSON.stringify([comment, inputs, constants.map((array) => [array.role, typeOf(array)]), body]);
}

function routineText(name: string, { inputs, inPlace, constants, body, comment }: IntegerRoutine, layer: string): string {
  const restrict = inPlace ? '' : 'restrict ';
  const parameters = [
    ...inputs.map((input) => `const int8_t *${restrict}${input}`),
    `int8_t *${restrict}y`,
    ...constants.map((array) => `const ${typeOf(array)} *${array.role}`),
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

const LINE = 116;

/** Integers as lines of C, with commas between. */
export function integerLines(integers: Iterable<number>): string[] {
  const lines: string[] = [];
  let line = '';
  for (const integer of integers) {
    if (line.length > LINE) {
      lines.push(line);
      line = '';
    }
    line += `${line === '' ? '' : ' '}${integer},`;
  }
  return [...lines, line];
}
