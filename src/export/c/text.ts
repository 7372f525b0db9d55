/** The shortest decimal number that is this float32 again, as C has it: `0.1f`. */
export function floatText(value: number): string {
  const single = Math.fround(value);
  if (!Number.isFinite(single)) throw new Error(`C has no constant for ${value}`);
  if (Object.is(single, -0)) return '-0.0f';
  let short = single;
  // Nine digits tell every float32 from the others, and seven are enough for those that were written with so many.
  for (let digits = 7; digits <= 9; digits++) {
    short = Number(single.toPrecision(digits));
    if (Math.fround(short) === single) break;
  }
  return `${short}${/[.e]/.test(`${short}`) ? '' : '.0'}f`;
}

/** A text as a C string, in UTF-8: what is not printable ASCII becomes an octal escape, and no trigraph arises. */
export function stringText(text: string): string {
  const escaped = [...new TextEncoder().encode(text)].map((byte) => {
    const character = String.fromCharCode(byte);
    if (/["\\?]/.test(character)) return `\\${character}`;
    return byte >= 32 && byte < 127 ? character : `\\${byte.toString(8).padStart(3, '0')}`;
  });
  return `"${escaped.join('')}"`;
}

/** A text inside of a comment, which it neither ends nor begins; what is not printable ASCII becomes a question mark. */
export function commentText(text: string): string {
  return text
    .replace(/[^ -~]/g, '?')
    .replaceAll('*/', '* /')
    .replaceAll('/*', '/ *')
    .replaceAll('??', '? ?')
    .replaceAll('\\', '/');
}

/** `s * 0.5f - 1.0f` */
export function scaledText(s: string, { scale, offset }: { readonly scale: number; readonly offset: number }): string {
  const product = scale === 1 ? s : `${s} * ${floatText(scale)}`;
  return offset === 0 ? product : `${product} ${offset < 0 ? '-' : '+'} ${floatText(Math.abs(offset))}`;
}

const LINE = 116;

/** Constants as lines of C, with commas between. */
export function numberLines(numbers: Float32Array | Float64Array): string[] {
  const lines: string[] = [];
  let line = '';
  for (const number of numbers) {
    const text = floatText(number);
    if (line === '') line = text;
    else if (line.length + text.length + 2 <= LINE) line += `, ${text}`;
    else {
      lines.push(`${line},`);
      line = text;
    }
  }
  return [...lines, line];
}
