import { html, type Markup } from './markup.ts';

// Small images as paths, one a shade, which need no image of their own and stay sharp.

/** Of gray, as opacity of the colour of what is around it, and of each of three colours. */
const SHADES = 8;
const TONES = 5;
/** Pixels of a side that are drawn at the most: of a larger image every other, or every third. */
export const MOST_SIDE = 48;

/** An image of bytes, [height, width, 1 or 3], with no more pixels than are drawn. */
export function thinnedImage(pixels: ArrayLike<number>, shape: readonly number[]): { shape: number[]; pixels: Uint8Array } {
  const [height = 1, width = 1, channels = 1] = shape;
  const step = Math.max(1, Math.ceil(Math.max(height, width) / MOST_SIDE));
  const [rows, columns] = [Math.floor((height - 1) / step) + 1, Math.floor((width - 1) / step) + 1];
  const thinned = new Uint8Array(rows * columns * channels);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      for (let channel = 0; channel < channels; channel++)
        thinned[(row * columns + column) * channels + channel] =
          pixels[(row * step * width + column * step) * channels + channel] ?? 0;
  return { shape: [rows, columns, channels], pixels: thinned };
}

/** An image [height, width, 1 or 3] of bytes. */
export function pixelPicture(given: ArrayLike<number>, givenShape: readonly number[], title: string): Markup {
  const { shape, pixels } = thinnedImage(given, givenShape);
  const [rows = 1, columns = 1, channels = 1] = shape;
  const at = (row: number, column: number) => {
    const first = (row * columns + column) * channels;
    const value = (channel: number) => pixels[first + channel] ?? 0;
    if (channels !== 3) return String(Math.round((SHADES * value(0)) / 255));
    const tone = (channel: number) => (3 * Math.round((TONES * value(channel)) / 255)).toString(16);
    return `#${tone(0)}${tone(1)}${tone(2)}`;
  };
  const paths = pathsOf(rows, columns, (row, column) => {
    const shade = at(row, column);
    return shade === '0' ? undefined : shade;
  });
  const fill = (shade: string) =>
    shade.startsWith('#')
      ? html`fill="${shade}"`
      : html`fill="currentColor" fill-opacity="${Math.round((100 * Number(shade)) / SHADES) / 100}"`;
  return html`<svg class="pixels" viewBox="0 0 ${columns} ${rows}" role="img" shape-rendering="crispEdges"><title>${title}</title>${[...paths].map(([shade, path]) => html`<path ${fill(shade)} d="${path}"/>`)}</svg>`;
}

/** What is of one shade as one path of runs; what has none is left out. */
export function pathsOf(
  rows: number,
  columns: number,
  shadeAt: (row: number, column: number) => string | undefined,
  left = 0,
  top = 0,
): Map<string, string> {
  const paths = new Map<string, string>();
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; ) {
      const shade = shadeAt(row, column);
      let end = column + 1;
      while (end < columns && shadeAt(row, end) === shade) end++;
      const run = end - column;
      if (shade !== undefined) paths.set(shade, `${paths.get(shade) ?? ''}M${left + column} ${top + row}h${run}v1h-${run}z`);
      column = end;
    }
  return paths;
}
