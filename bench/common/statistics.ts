/** How repeated times lie: the middle one, the least, and the quarter below and above which they lie. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly lowerQuartile: number;
  readonly upperQuartile: number;
  readonly repeats: number;
}

/** Throws where there are no times. */
export function spreadOf(times: readonly number[]): Spread {
  const sorted = [...times].sort((a, b) => a - b);
  return {
    median: quantile(sorted, 0.5),
    least: quantile(sorted, 0),
    lowerQuartile: quantile(sorted, 0.25),
    upperQuartile: quantile(sorted, 0.75),
    repeats: sorted.length,
  };
}

/** Half of the distance between the quartiles, relative to the median. */
export function relativeSpread({ median, lowerQuartile, upperQuartile }: Spread): number {
  return (upperQuartile - lowerQuartile) / 2 / median;
}

export function median(values: readonly number[]): number {
  return quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );
}

function quantile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1);
  const below = sorted[Math.floor(at)];
  const above = sorted[Math.ceil(at)];
  if (below === undefined || above === undefined) throw new Error('There is no median of nothing');
  return below + (above - below) * (at - Math.floor(at));
}
