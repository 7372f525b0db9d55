import { withoutComments } from './comments.ts';

/** A loop is written out to at most so many characters. */
const MOST_TEXT = 16_000;
/** The largest u32. */
const LARGEST = 2 ** 32 - 1;

/**
 * Writes out the loops of a shader whose number of turns is constant, and that no `break` or `continue` leaves; comments go. For wgpu:
 * naga gives each loop a counter of its own, against endless ones, and checks each index of an array; no driver unrolls such a loop,
 * and arrays that should be registers stay in memory (figures: bench/notes/engines.md). Scopes are not resolved: a loop whose names may
 * mean more than one thing stays as it is.
 */
export function unrolled(code: string): string {
  const text = withoutComments(code);
  return writeOut(text, constantsOf(text));
}

/** The u32 constants of the module's scope that nothing else in the shader is named as. */
function constantsOf(code: string): ReadonlyMap<string, number> {
  const constants = new Map<string, number>();
  for (const [, name = '', text = ''] of outsideOfBlocks(code).matchAll(/\bconst (\w+) = ([^;]+);/g)) {
    const value = evaluate(text, constants);
    if (value !== undefined) constants.set(name, value);
  }
  const unique = (name: string) => code.match(declarationsOf(name))?.length === 1;
  return new Map([...constants].filter(([name]) => unique(name)));
}

/** Where a name is declared: as a variable or value, or before a colon, as a parameter. */
function declarationsOf(name: string): RegExp {
  return new RegExp(`\\b(?:(?:const|let|override|var(?:\\s*<[^>]*>)?)\\s+${name}\\b|${name}\\s*:)`, 'g');
}

function outsideOfBlocks(code: string): string {
  let outside = '';
  let depth = 0;
  for (const letter of code) {
    if (letter === '}') depth--;
    if (depth === 0) outside += letter;
    if (letter === '{') depth++;
  }
  return outside;
}

const HEAD = /for \(var (?<name>\w+) = (?<first>[^;]+); (?<left>[^;<]+) < (?<bound>[^;]+); \k<name>\+\+\) \{/g;

function writeOut(code: string, constants: ReadonlyMap<string, number>): string {
  let written = '';
  let done = 0;
  for (const match of code.matchAll(HEAD)) {
    if (match.index < done) continue;
    const start = match.index + match[0].length;
    const end = endOfBlock(code, start);
    if (end === undefined) continue;
    const body = code.slice(start, end);
    const turns = turnsOf(match.groups as unknown as Head, body, constants);
    if (!turns) continue;
    // A `let` and no `const`: what lies outside of an array in a turn that a condition leaves out must not be an error.
    const inner = writeOut(body, constants);
    const text = turns.map((turn) => `{ let ${match.groups?.name} = ${turn}u; ${inner} }`).join('\n');
    if (text.length > MOST_TEXT) continue;
    written += `${code.slice(done, match.index)}{ ${text} }`;
    done = end + 1;
  }
  return written + code.slice(done);
}

interface Head {
  readonly name: string;
  readonly first: string;
  readonly left: string;
  readonly bound: string;
}

/** The loop variable's values; undefined where they are not known, or are too many, or the body changes them or leaves the loop. */
function turnsOf({ name, first, left, bound }: Head, body: string, constants: ReadonlyMap<string, number>): number[] | undefined {
  const from = evaluate(first, constants);
  const to = evaluate(bound, constants);
  const added = left === name ? 0 : left.startsWith(`${name} + `) ? evaluate(left.slice(name.length + 3), constants) : undefined;
  if (from === undefined || to === undefined || added === undefined || from + added > LARGEST) return undefined;
  const count = Math.max(0, to - added - from);
  if (count > MOST_TEXT || /\b(break|continue)\b/.test(body) || mayChange(name, body)) return undefined;
  return Array.from({ length: count }, (_, turn) => from + turn);
}

/** Whether the body assigns to the loop variable, points to it, or declares its name anew. */
function mayChange(name: string, body: string): boolean {
  const assigned = new RegExp(`\\b${name}\\b[\\s)]*(\\+\\+|--|(<<|>>|[-+*/%&|^])?=(?!=))`);
  const pointed = new RegExp(`&[\\s(]*${name}\\b`);
  return assigned.test(body) || pointed.test(body) || declarationsOf(name).test(body);
}

/** Where the block whose inside begins at `start` closes; undefined where it does not. */
function endOfBlock(code: string, start: number): number | undefined {
  let depth = 1;
  for (let at = start; at < code.length; at++) {
    if (code[at] === '{') depth++;
    else if (code[at] === '}') depth--;
    if (depth === 0) return at;
  }
  return undefined;
}

/** The value of a sum of products of unsigned constants; undefined for whatever else, and where it leaves what a u32 holds. */
function evaluate(text: string, constants: ReadonlyMap<string, number>): number | undefined {
  let sum = 0;
  for (const [, sign, product = ''] of text.trim().matchAll(/([+-]?)([^+-]+)/g)) {
    let value = 1;
    for (const factor of product.split('*').map((part) => part.trim())) {
      const known = /^\d+u$/.test(factor) ? Number.parseInt(factor, 10) : constants.get(factor);
      if (known === undefined) return undefined;
      value *= known;
    }
    sum += sign === '-' ? -value : value;
    if (sum < 0 || value > LARGEST || sum > LARGEST) return undefined;
  }
  return sum;
}
