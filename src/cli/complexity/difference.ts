import { statistics } from 'paredown/node';

export interface Difference {
  readonly value: number;
  readonly standardError: number;
  /** Of Student's t, after Welch and Satterthwaite. */
  readonly degreesOfFreedom: number;
}

/** A part of a variance, and on how many degrees of freedom it was estimated. */
interface Part {
  readonly variance: number;
  readonly degrees: number;
}

/**
 * How far the mean of the accuracies `a` lies above that of `b`: one a seed, each the share of so many images. Both networks' errors
 * are in it: that of a share of the images and, where several seeds were trained, that of their mean. Both see the same images, which
 * can only make the true error smaller; the spread of a single seed is not known, and makes it larger.
 */
export function difference(a: readonly number[], b: readonly number[], images: number): Difference {
  const parts = [...partsOf(a, images), ...partsOf(b, images)];
  const variance = sum(parts.map((part) => part.variance));
  return {
    value: statistics.mean(a) - statistics.mean(b),
    standardError: Math.sqrt(variance),
    degreesOfFreedom: variance ** 2 / sum(parts.map((part) => part.variance ** 2 / part.degrees)),
  };
}

function partsOf(accuracy: readonly number[], images: number): Part[] {
  // Laplace's rule: where all images are recognised, more of them might still not be.
  const share = (statistics.mean(accuracy) * images + 1) / (images + 2);
  const shared = { variance: (share * (1 - share)) / images, degrees: images };
  const seeds = accuracy.length;
  if (seeds < 2) return [shared];
  return [shared, { variance: (statistics.deviation(accuracy) ?? 0) ** 2 / seeds, degrees: seeds - 1 }];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
