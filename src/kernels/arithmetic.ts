/** What shaders/lib/arithmetic.wgsl makes of a, b and c, by the code that it has there. */
const CODES = {
  copy: 0,
  add: 1,
  subtract: 2,
  multiply: 3,
  divide: 4,
  maximum: 5,
  minimum: 6,
  prelu: 7,
  /** a b + c */
  multiplyAdd: 8,
  exp: 9,
  log: 10,
  sqrt: 11,
  abs: 12,
  divisorGradient: 13,
  maximumGradient: 14,
  minimumGradient: 15,
  absGradient: 16,
  preluInputGradient: 17,
  preluSlopeGradient: 18,
} as const;

export type Calculation = keyof typeof CODES;

export function calculationCode(calculation: Calculation): number {
  return CODES[calculation];
}
