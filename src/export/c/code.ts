/** Lines of C; a list inside is indented by one step. */
export type Code = readonly (string | Code)[];

export function render(code: Code, depth = 0): string {
  return code.map((part) => (typeof part === 'string' ? `${'  '.repeat(depth)}${part}\n` : render(part, depth + 1))).join('');
}

/** A block behind its head: `if (...)`, `for (...)`. */
export function block(head: string, body: Code): Code {
  return [`${head} {`, body, '}'];
}

/** Code one after the other, without indentation. */
export function sequence(...parts: readonly Code[]): Code {
  return parts.flat();
}

/** How often a loop runs, and what counts it; one of a single turn is left out, its index 0. */
export function loop(type: string, index: string, count: number, body: (index: string) => Code): Code {
  return count === 1 ? body('0') : block(`for (${type} ${index} = 0; ${index} < ${count}; ${index}++)`, body(index));
}

/** A sum of indices times factors and of numbers: `(row + i) * 56 + column - 1`. Index '0' adds nothing. */
export function affine(...terms: readonly (readonly [index: string, factor: number] | number)[]): string {
  const byFactor = new Map<number, string[]>();
  let constant = 0;
  for (const term of terms) {
    if (typeof term === 'number') constant += term;
    else if (term[0] !== '0' && term[1] !== 0) byFactor.set(term[1], [...(byFactor.get(term[1]) ?? []), term[0]]);
  }
  const signed = [...byFactor].map(([factor, indices]) => {
    const size = Math.abs(factor);
    const sum = indices.length > 1 && factor !== 1 ? `(${indices.join(' + ')})` : indices.join(' + ');
    return [factor < 0 ? '-' : '+', size === 1 ? sum : `${sum} * ${size}`] as const;
  });
  if (constant !== 0) signed.push([constant < 0 ? '-' : '+', `${Math.abs(constant)}`]);
  const [first, ...others] = signed;
  if (!first) return '0';
  return `${first[0] === '-' ? '-' : ''}${first[1]}${others.map(([sign, text]) => ` ${sign} ${text}`).join('')}`;
}

/** `pointer + offset`; an offset of 0 is left out. */
export function moved(pointer: string, offset: string): string {
  return offset === '0' ? pointer : `${pointer} + ${offset}`;
}
