/** A loop is written out to at most so many characters. */
const MOST_TEXT = 16_000;

/**
 * Writes out the loops of a shader whose number of turns is constant, and that no `break` or `continue` leaves. For wgpu: naga gives
 * each loop a counter of its own, against endless ones, and checks each index of an array; no driver unrolls such a loop, and
 * arrays that should be registers stay in memory. (The convolutions of W1 took 3 to 10 times as long on lavapipe.)
 */
export function unrolled(code: string): string {
  const constants = new Map<string, number>();
  for (const [, name = '', text = ''] of code.matchAll(/\bconst (\w+) = ([^;]+);/g)) {
    const value = evaluate(text, constants);
    if (value !== undefined) constants.set(name, value);
  }
  return writeOut(code, constants);
}

const HEAD = /for \(var (?<name>\w+) = (?<first>[^;]+); (?<left>[^;<]+) < (?<bound>[^;]+); \k<name>\+\+\) \{/g;

function writeOut(code: string, constants: ReadonlyMap<string, number>): string {
  let written = '';
  let done = 0;
  for (const match of code.matchAll(HEAD)) {
    if (match.index < done) continue;
    const start = match.index + match[0].length;
    const end = endOfBlock(code, start);
    const body = code.slice(start, end);
    const turns = turnsOf(match.groups as unknown as Head, body, constants);
    if (!turns) continue;
    // A `let` and no `const`: what lies outside of an array in a turn that a condition leaves out must not be an error.
    const text = turns.map((turn) => `{ let ${match.groups?.name} = ${turn}u; ${writeOut(body, constants)} }`).join('\n');
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

/** The loop variable's values; undefined where they are not known, or the body changes them or leaves the loop. */
function turnsOf({ name, first, left, bound }: Head, body: string, constants: ReadonlyMap<string, number>): number[] | undefined {
  const from = evaluate(first, constants);
  const to = evaluate(bound, constants);
  const added = left === name ? 0 : left.startsWith(`${name} + `) ? evaluate(left.slice(name.length + 3), constants) : undefined;
  if (from === undefined || to === undefined || added === undefined) return undefined;
  if (/\b(break|continue)\b/.test(body) || new RegExp(`\\b${name}\\b *(\\+\\+|--|[-+*/%&|^]?=[^=])|& *${name}\\b`).test(body))
    return undefined;
  return Array.from({ length: Math.max(0, to - added - from) }, (_, turn) => from + turn);
}

/** Where the block whose inside begins at `start` closes. */
function endOfBlock(code: string, start: number): number {
  let depth = 1;
  let at = start;
  for (; depth > 0; at++) {
    if (code[at] === '{') depth++;
    else if (code[at] === '}') depth--;
  }
  return at - 1;
}

/** The value of a sum of products of unsigned constants; undefined for whatever else. */
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
  }
  return sum >= 0 ? sum : undefined;
}
