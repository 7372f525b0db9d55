/** [height, width, channels] bytes. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

/** By what `imageFolder` divides images, too: a hash of the seed, the size and the pixels, the same for images that look the same. */
export async function pixelHash(pixels: Pixels, seed: number): Promise<string> {
  const { width, height, channels, data } = onlyGrey(pixels);
  const head = new TextEncoder().encode(`${seed} ${height} ${width} ${channels}\n`);
  const all = new Uint8Array(head.length + data.length);
  all.set(head);
  all.set(data, head.length);
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', all));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The same image with one channel where red, green and blue are the same in all its pixels. */
function onlyGrey(pixels: Pixels): Pixels {
  const { channels, data } = pixels;
  if (channels === 1) return pixels;
  for (let at = 0; at < data.length; at += 3) if (data[at] !== data[at + 1] || data[at] !== data[at + 2]) return pixels;
  return { ...pixels, channels: 1, data: Uint8Array.from({ length: data.length / 3 }, (_, pixel) => data[3 * pixel] ?? 0) };
}
