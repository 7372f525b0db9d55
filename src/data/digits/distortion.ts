import type { Random } from '../../core/random.ts';
import type { Point } from './templates.ts';

/** A map of the plane. */
export type Warp = (point: Point) => Point;

/**
 * A random affine map from heights to pixels around the image's centre: slant, then unequal scaling, rotation and shift.
 * Rotation is by the rational parametrisation of the circle, since `Math.sin` may differ from one engine to the next.
 */
export function randomAffine(random: Random): Warp {
  const slant = -0.1 + 0.22 * bounded(random);
  const height = 19 + 3.2 * bounded(random);
  const width = height * (1 + 0.15 * bounded(random));
  const halfTangent = 0.065 * bounded(random);
  const norm = 1 + halfTangent * halfTangent;
  const cosine = (1 - halfTangent * halfTangent) / norm;
  const sine = (2 * halfTangent) / norm;
  const right = CENTRE + 1.5 * bounded(random);
  const down = CENTRE + 1.3 * bounded(random);
  return ([x, y]) => {
    const across = width * (x + slant * y);
    const along = height * y;
    return [right + cosine * across - sine * along, down + sine * across + cosine * along];
  };
}

/** Half of 28 pixels; the centre of the pixel in row 0 and column 0 lies at (0.5, 0.5). */
const CENTRE = 14;

/** A standard normal deviate cut off at 2.2, so that no digit leaves its image or tumbles over. */
function bounded(random: Random): number {
  return Math.min(Math.max(random.normal(), -2.2), 2.2);
}

const KNOTS = 7;
const KNOT_PIXELS = 7;

/**
 * A random smooth distortion by about `pixels` (standard deviation of the control points): a free-form deformation by cubic
 * B-splines on a coarse grid (Rueckert et al., IEEE Trans. Medical Imaging 18(8), 1999), the elastic distortion of Simard,
 * Steinkraus, Platt (ICDAR 2003) at the cost of a few points instead of an image.
 */
export function randomElastic(pixels: number, random: Random): Warp {
  const knots = Array.from({ length: KNOTS * KNOTS }, (): Point => {
    const dx = pixels * random.normal();
    const dy = pixels * random.normal();
    return [dx, dy];
  });
  return ([x, y]) => {
    const [column, across] = knotWeights(x);
    const [row, down] = knotWeights(y);
    let dx = 0;
    let dy = 0;
    for (let i = 0; i < 4; i++)
      for (let j = 0; j < 4; j++) {
        const weight = (down[i] as number) * (across[j] as number);
        const knot = knots[(row + i) * KNOTS + column + j] as Point;
        dx += weight * knot[0];
        dy += weight * knot[1];
      }
    return [x + dx, y + dy];
  };
}

/** The first of the four knots that bear on a coordinate, and their weights. */
function knotWeights(coordinate: number): [number, readonly number[]] {
  const position = Math.min(Math.max(coordinate / KNOT_PIXELS, 0), KNOTS - 3 - 1e-9);
  const first = Math.floor(position);
  const t = position - first;
  const u = 1 - t;
  return [first, [(u * u * u) / 6, (3 * t * t * t - 6 * t * t + 4) / 6, (3 * u * u * u - 6 * u * u + 4) / 6, (t * t * t) / 6]];
}
