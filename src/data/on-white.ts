/** Samples from 0 to `largest`, pixel by pixel: grey or red, green, blue, then alpha where `channels` is 2 or 4. */
export interface Samples {
  readonly data: Uint8Array | Uint8ClampedArray | Uint16Array;
  readonly channels: number;
  readonly largest: number;
  /** The one colour that is transparent where there is no alpha. */
  readonly transparent?: ArrayLike<number>;
}

/** Bytes of one channel or three: what is transparent is laid on white, and a sample s becomes round(255 s / largest), halves up. */
export function onWhite({ data, channels, largest, transparent }: Samples): Uint8Array {
  const colours = channels < 3 ? 1 : 3;
  const hasAlpha = channels % 2 === 0;
  if (data instanceof Uint8Array && largest === 255 && !hasAlpha && !transparent) return data;
  const count = data.length / channels;
  const bytes = new Uint8Array(count * colours);
  const whole = 2 * largest * largest;
  for (let pixel = 0; pixel < count; pixel++) {
    const start = pixel * channels;
    let alpha = hasAlpha ? (data[start + colours] as number) : largest;
    if (transparent && isColour(data, start, colours, transparent)) alpha = 0;
    for (let colour = 0; colour < colours; colour++) {
      // Integers below 2^53: the quotient is rounded to the nearest byte, halves up.
      const sum = (data[start + colour] as number) * alpha + largest * (largest - alpha);
      bytes[pixel * colours + colour] = Math.floor((510 * sum + largest * largest) / whole);
    }
  }
  return bytes;
}

function isColour(data: ArrayLike<number>, start: number, colours: number, colour: ArrayLike<number>): boolean {
  for (let i = 0; i < colours; i++) if (data[start + i] !== colour[i]) return false;
  return true;
}
