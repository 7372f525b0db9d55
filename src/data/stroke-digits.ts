import { numbered } from './class-names.ts';
import { type Dataset, dataset } from './dataset.ts';
import { drawStrokes, SIDE } from './digits/raster.ts';
import type { Polyline } from './digits/strokes.ts';
import type { Point } from './digits/templates.ts';
import { DRAWINGS, type Drawing } from './stroke-digits/drawings.ts';
import { smoothed } from './stroke-digits/smoothing.ts';

/**
 * Ten digits of the project's own drawing, 0 to 9 in order, 28 x 28 x 1 bytes, 10 classes: written down as pen strokes, stroke by
 * stroke, not scanned. A test from outside MNIST, for what El Nahhas tested with ten drawn digits of his own; nothing is trained or
 * tuned on them. They are brought to MNIST's form: in a box of 20 x 20 pixels, aspect kept, antialiased, moved by whole pixels so
 * that the centre of mass is nearest to the image's centre. The bytes are the same in every JavaScript engine.
 */
export function strokeDigits(): Dataset {
  const x = new Uint8Array(DRAWINGS.length * SIDE * SIDE);
  DRAWINGS.forEach((drawing, label) => {
    x.set(render(drawing), label * SIDE * SIDE);
  });
  const y = Uint8Array.from(DRAWINGS, (_, label) => label);
  const classes = DRAWINGS.length;
  const inputShape = [SIDE, SIDE, 1];
  return dataset({ name: 'stroke digits', split: 'test', inputShape, x, y, classes, classNames: numbered(classes) });
}

const BOX = 20;

/** The width of a stroke's soft edge in pixels. */
const EDGE = 0.9;

function render({ way, pen: [begin, end] }: Drawing): Uint8Array {
  const pen = { begin, end, edge: EDGE };
  const strokes = fitted(smoothed(way), Math.max(begin, end) + EDGE / 2);
  const [right, down] = centreOfMass(inkOf(strokes, pen));
  const ink = inkOf(shifted(strokes, Math.round(SIDE / 2 - right), Math.round(SIDE / 2 - down)), pen);
  return Uint8Array.from(ink, (cover) => Math.floor(255 * cover + 0.5));
}

/** Scales strokes so that a pen of this reach fills the box in the longer direction, in the middle of the image. */
function fitted(strokes: readonly Polyline[], reach: number): Polyline[] {
  const points = strokes.flat();
  const [left, right] = extent(points.map(([x]) => x));
  const [top, bottom] = extent(points.map(([, y]) => y));
  const scale = (BOX - 2 * reach) / Math.max(right - left, bottom - top);
  const place = ([x, y]: Point): Point => [
    SIDE / 2 + scale * (x - (left + right) / 2),
    SIDE / 2 + scale * (y - (top + bottom) / 2),
  ];
  return strokes.map((stroke) => stroke.map(place));
}

function shifted(strokes: readonly Polyline[], right: number, down: number): Polyline[] {
  return strokes.map((stroke) => stroke.map(([x, y]): Point => [x + right, y + down]));
}

function extent(coordinates: readonly number[]): [number, number] {
  return [Math.min(...coordinates), Math.max(...coordinates)];
}

function inkOf(strokes: readonly Polyline[], pen: { begin: number; end: number; edge: number }): Float64Array {
  const ink = new Float64Array(SIDE * SIDE);
  drawStrokes(ink, strokes, pen);
  return ink;
}

/** In pixels; the centre of the pixel in row 0 and column 0 lies at (0.5, 0.5). */
function centreOfMass(ink: Float64Array): Point {
  let mass = 0;
  let x = 0;
  let y = 0;
  ink.forEach((cover, pixel) => {
    mass += cover;
    x += cover * ((pixel % SIDE) + 0.5);
    y += cover * (Math.floor(pixel / SIDE) + 0.5);
  });
  return [x / mass, y / mass];
}
