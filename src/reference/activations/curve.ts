/** An activation of one number, in float64; `option` gives its options by name. */
export interface Curve {
  value(x: number, option: (name: string) => number): number;
  /** The gradient with respect to x, from that with respect to the value. NaN stays NaN. */
  gradient(dy: number, x: number, option: (name: string) => number): number;
}

export function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
