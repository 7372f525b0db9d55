export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** The 97.5% quantile of the normal distribution. */
const Z = 1.959963984540054;

/**
 * The two-sided 95% interval of the share that lies behind `share` of `count` samples: E. B. Wilson, "Probable inference, the law of
 * succession, and statistical inference", 1927. NaN for what is no share, or a count that is not above 0.
 */
export function wilsonInterval(share: number, count: number): Interval {
  if (!(share >= 0 && share <= 1 && count > 0)) return { low: Number.NaN, high: Number.NaN };
  const weight = (Z * Z) / count;
  const middle = share + weight / 2;
  const reach = Z * Math.sqrt((share * (1 - share) + weight / 4) / count);
  return { low: Math.max(0, (middle - reach) / (1 + weight)), high: Math.min(1, (middle + reach) / (1 + weight)) };
}
