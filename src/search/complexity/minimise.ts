/** A point of a grid with the model's complexity and precision. */
export interface Predicted<Point> {
  readonly point: Point;
  readonly complexity: number;
  readonly precision: number;
}

/** Equation 7: of the points whose precision is at least `floor` the one of the least complexity; undefined where there is none. */
export function leastComplex<Point>(points: readonly Predicted<Point>[], floor: number): Predicted<Point> | undefined {
  return points
    .filter(({ precision }) => precision >= floor)
    .reduce<Predicted<Point> | undefined>(
      (best, point) => (best && best.complexity <= point.complexity ? best : point),
      undefined,
    );
}
