import type { Random } from '../../core/random.ts';
import type { PathPoint, Point, Template } from './templates.ts';

/** Points joined by straight lines. */
export type Polyline = readonly Point[];

/** Writes a template by an unsteady hand: each point of its way strays by `unsteadiness` (standard deviation, in heights). */
export function writeTemplate(template: Template, unsteadiness: number, random: Random): Polyline[] {
  return template.map((stroke) => {
    const strayed = stroke.map(({ at: [x, y], corner }): PathPoint => {
      const dx = unsteadiness * random.normal();
      const dy = unsteadiness * random.normal();
      return { at: [x + dx, y + dy], corner };
    });
    return spline(strayed);
  });
}

const PIECES = 6;

/**
 * The uniform Catmull-Rom spline through the points, as straight pieces. A corner is a point that counts twice: the tangents on
 * its two sides then follow its two chords.
 */
function spline(path: readonly PathPoint[]): Point[] {
  const points = path.flatMap(({ at, corner }) => (corner ? [at, at] : [at]));
  const last = points.length - 1;
  const point = (index: number) => points[Math.min(Math.max(index, 0), last)] as Point;
  const line: Point[] = [point(0)];
  for (let i = 0; i < last; i++) {
    const [before, from, to, after] = [point(i - 1), point(i), point(i + 1), point(i + 2)];
    if (from === to) continue;
    for (let piece = 1; piece <= PIECES; piece++) {
      const t = piece / PIECES;
      line.push([catmullRom(before[0], from[0], to[0], after[0], t), catmullRom(before[1], from[1], to[1], after[1], t)]);
    }
  }
  return line;
}

function catmullRom(before: number, from: number, to: number, after: number, t: number): number {
  const linear = to - before;
  const square = 2 * before - 5 * from + 4 * to - after;
  const cubic = 3 * (from - to) + after - before;
  return from + ((cubic * t + square) * t + linear) * t * 0.5;
}
