import type { PngHeader } from './png-header.ts';

/** A part of an image that is stored by itself: its size, and which rows and columns of the image it has. */
export interface Pass {
  readonly rows: number;
  readonly columns: number;
  readonly row: number;
  readonly column: number;
  readonly rowStep: number;
  readonly columnStep: number;
}

/** The seven passes of an interlaced image: first row and column, then the distance to the next. */
const ADAM7 = [
  [0, 0, 8, 8],
  [0, 4, 8, 8],
  [4, 0, 8, 4],
  [0, 2, 4, 4],
  [2, 0, 4, 2],
  [0, 1, 2, 2],
  [1, 0, 2, 1],
] as const;

/** The passes that hold a pixel; one, of all pixels, where the image is not interlaced. */
export function passesOf({ rows, columns, interlaced }: PngHeader): Pass[] {
  const steps = interlaced ? ADAM7 : [[0, 0, 1, 1] as const];
  return steps
    .map(([row, column, rowStep, columnStep]) => ({
      rows: Math.ceil((rows - row) / rowStep),
      columns: Math.ceil((columns - column) / columnStep),
      row,
      column,
      rowStep,
      columnStep,
    }))
    .filter((pass) => pass.rows > 0 && pass.columns > 0);
}

/** The bytes of a row of so many pixels, without that of its filter. */
export const rowBytes = (columns: number, { channels, depth }: PngHeader) => Math.ceil((columns * channels * depth) / 8);

/**
 * Undoes the filters of the rows of one pass, [rows, 1 + row bytes], in place (PNG Specification, 9), and gives their bytes without
 * those of the filters. Throws an Error for a filter that is none.
 */
export function unfiltered(scanlines: Uint8Array, rows: number, bytes: number, header: PngHeader): Uint8Array {
  const pixel = Math.max(1, (header.channels * header.depth) >> 3);
  const out = new Uint8Array(rows * bytes);
  for (let row = 0; row < rows; row++) {
    const filter = scanlines[row * (bytes + 1)] as number;
    const start = row * bytes;
    out.set(scanlines.subarray(row * (bytes + 1) + 1, (row + 1) * (bytes + 1)), start);
    if (filter > 4) throw new Error(`row ${row} has the filter ${filter}; PNG has 0 to 4`);
    if (filter === 0) continue;
    for (let i = 0; i < bytes; i++) {
      const left = i < pixel ? 0 : (out[start + i - pixel] as number);
      const above = row === 0 ? 0 : (out[start + i - bytes] as number);
      const corner = row === 0 || i < pixel ? 0 : (out[start + i - bytes - pixel] as number);
      out[start + i] = (out[start + i] as number) + predicted(filter, left, above, corner);
    }
  }
  return out;
}

function predicted(filter: number, left: number, above: number, corner: number): number {
  if (filter === 1) return left;
  if (filter === 2) return above;
  return filter === 3 ? (left + above) >> 1 : paeth(left, above, corner);
}

/** The neighbour nearest to left + above - corner; of equals the first. */
function paeth(left: number, above: number, corner: number): number {
  const estimate = left + above - corner;
  const [byLeft, byAbove, byCorner] = [Math.abs(estimate - left), Math.abs(estimate - above), Math.abs(estimate - corner)];
  if (byLeft <= byAbove && byLeft <= byCorner) return left;
  return byAbove <= byCorner ? above : corner;
}
