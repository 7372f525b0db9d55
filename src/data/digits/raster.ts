import type { Polyline } from './strokes.ts';
import type { Point } from './templates.ts';

/** Rows and columns of an image. */
export const SIDE = 28;

/** A round pen: its radius in pixels at a stroke's beginning and end, and the width of its soft edge in pixels. */
export interface Pen {
  readonly begin: number;
  readonly end: number;
  readonly edge: number;
}

/** Adds strokes to `ink` (SIDE x SIDE, 0 = paper to 1 = ink): a pixel is as dark as its nearest stroke makes it. */
export function drawStrokes(ink: Float64Array, strokes: readonly Polyline[], pen: Pen): void {
  for (const stroke of strokes) {
    const pieces = stroke.length - 1;
    for (let piece = 0; piece < pieces; piece++) {
      const radius = pen.begin + ((pen.end - pen.begin) * (piece + 0.5)) / pieces;
      drawPiece(ink, stroke[piece] as Point, stroke[piece + 1] as Point, radius, pen.edge);
    }
  }
}

function drawPiece(ink: Float64Array, from: Point, to: Point, radius: number, edge: number): void {
  const reach = radius + edge / 2;
  const left = firstPixel(Math.min(from[0], to[0]) - reach);
  const right = lastPixel(Math.max(from[0], to[0]) + reach);
  const top = firstPixel(Math.min(from[1], to[1]) - reach);
  const bottom = lastPixel(Math.max(from[1], to[1]) + reach);
  const dx = to[0] - from[0];
  const dy = to[1] - from[1];
  const squaredLength = dx * dx + dy * dy;
  for (let row = top; row <= bottom; row++)
    for (let column = left; column <= right; column++) {
      const x = column + 0.5 - from[0];
      const y = row + 0.5 - from[1];
      const along = squaredLength > 0 ? Math.min(Math.max((x * dx + y * dy) / squaredLength, 0), 1) : 0;
      const awayX = x - along * dx;
      const awayY = y - along * dy;
      const distance = Math.sqrt(awayX * awayX + awayY * awayY);
      const cover = Math.min((reach - distance) / edge, 1);
      const pixel = row * SIDE + column;
      if (cover > (ink[pixel] as number)) ink[pixel] = cover;
    }
}

function firstPixel(coordinate: number): number {
  return Math.max(Math.floor(coordinate), 0);
}

function lastPixel(coordinate: number): number {
  return Math.min(Math.floor(coordinate), SIDE - 1);
}
