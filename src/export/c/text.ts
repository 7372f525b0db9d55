/** The shortest decimal number that is this float32 again, as C has it: `0.1f`. */
export function floatText(value: number): string {
  const single = Math.fround(value);
  if (!Number.isFinite(single)) throw new Error(`C has no constant for ${value}`);
  if (Object.is(single, -0)) return '-0.0f';
  const size = Math.abs(single);
  if (size >= SMALLEST_FRACTION && size < 1) return `${single < 0 ? '-' : ''}${fractionText(size)}f`;
  let short = single;
  // Nine digits tell every float32 from the others, and seven are enough for those that were written with so many.
  for (let digits = 7; digits <= 9; digits++) {
    short = Number(single.toPrecision(digits));
    if (Math.fround(short) === single) break;
  }
  return `${short}${/[.e]/.test(`${short}`) ? '' : '.0'}f`;
}

/** What is less is written with an exponent. */
const SMALLEST_FRACTION = 1e-6;
const POWERS_OF_TEN = /* @__PURE__ */ Array.from({ length: 16 }, (_, exponent) => Number(`1e${exponent}`));

/** The same of a float32 below 1, as most weights are, by whole numbers: a quarter of the time that printing and parsing decimals takes. */
function fractionText(size: number): string {
  const zeros = -1 - Math.floor(Math.log10(size));
  let places = zeros + 7;
  let digits = 0;
  for (; places <= zeros + 9; places++) {
    const scale = POWERS_OF_TEN[places] as number;
    digits = Math.round(size * scale);
    // Of two numbers that doubles hold exactly this is the double nearest to the decimal.
    if (Math.fround(digits / scale) === size) break;
  }
  return `0.${`${digits}`.padStart(places, '0').replace(/0+$/, '')}`;
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
  let texts: string[] = [];
  let length = 0;
  for (const number of numbers) {
    const text = floatText(number);
    if (length > 0 && length + text.length > LINE) {
      lines.push(`${texts.join(', ')},`);
      texts = [];
      length = 0;
    }
    texts.push(text);
    length += text.length + 2;
  }
  return [...lines, texts.join(', ')];
}
