import type { Polyline } from '../digits/strokes.ts';
import type { Point } from '../digits/templates.ts';

/**
 * The strokes of a drawing (see Drawing.way) as smooth lines: quadratic curves from the middle of one piece to the middle of the
 * next, with the position between them as control point (a quadratic B-spline), which is how drawing programs smooth a pointer's
 * way. A position that stands twice makes both curves end there.
 */
export function smoothed(way: string): Polyline[] {
  return way.split('/').map((stroke) => smooth(stroke.trim().split(' ').map(parsePoint)));
}

const PIECES = 4;

function smooth(positions: readonly Point[]): Polyline {
  const line: Point[] = [positions[0] as Point];
  for (let i = 1; i < positions.length - 1; i++) {
    const control = positions[i] as Point;
    const from = middle(positions[i - 1] as Point, control);
    const to = middle(control, positions[i + 1] as Point);
    for (let piece = i === 1 ? 0 : 1; piece <= PIECES; piece++) line.push(quadratic(from, control, to, piece / PIECES));
  }
  line.push(positions[positions.length - 1] as Point);
  return line;
}

function middle(a: Point, b: Point): Point {
  return [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
}

function quadratic(from: Point, control: Point, to: Point, t: number): Point {
  const blend = (axis: 0 | 1) => (1 - t) * (1 - t) * from[axis] + 2 * t * (1 - t) * control[axis] + t * t * to[axis];
  return [blend(0), blend(1)];
}

function parsePoint(written: string): Point {
  const [x, y] = written.split(',').map(Number) as [number, number];
  return [x, y];
}
