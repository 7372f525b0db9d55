/**
 * The sine of x in [-pi, pi] by exactly defined operations alone (`Math.sin` may differ by engine): the Taylor series up to x^21
 * at the mirror image of x in [-pi/2, pi/2]. Error below 1e-15.
 */
export function exactSine(x: number): number {
  const size = Math.abs(x);
  const folded = size > Math.PI / 2 ? Math.PI - size + PI_REST : size;
  const square = folded * folded;
  let series = 1;
  for (let power = 21; power >= 3; power -= 2) series = 1 - (square / (power * (power - 1))) * series;
  return x < 0 ? -folded * series : folded * series;
}

/** What the float64 nearest to pi lacks of it. */
const PI_REST = 1.2246467991473532e-16;
