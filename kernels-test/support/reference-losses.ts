import type { LossName, LossOptions } from '../../src/kernels/loss.ts';
import { TINY } from './rounding.ts';

/**
 * One sample's loss and its gradient by the output, and of each the magnitude that float32 may be off by a share of: that of what it adds up,
 * of an exponential of x 1 + |x| times, since it multiplies the rounding of x by that.
 */
export interface SampleLoss {
  readonly loss: number;
  readonly gradient: readonly number[];
  readonly magnitude: number;
  readonly gradientMagnitudes: readonly number[];
}

/** What every sum of the engine keeps, as a share of the magnitudes. */
const SHARE = 1e-5;

/** Parts of a gradient below TINY may be flushed to 0, before a temperature of up to 64 multiplies them. */
const FLUSHED = 64 * TINY;

/** How far off a sample's loss may be, and its gradient in a batch by whose `divisor` it is divided. */
export function toleranceOf({ magnitude, gradientMagnitudes }: SampleLoss, divisor = 1) {
  return {
    loss: SHARE * magnitude + TINY,
    gradient: gradientMagnitudes.map((own) => (SHARE * own) / divisor + FLUSHED),
  };
}

/** A loss of one sample in float64, from the model's output and what it is compared with. */
type ReferenceLoss = (output: readonly number[], goal: readonly number[], option: (name: string) => number) => SampleLoss;

/** -log softmax(z / temperature). */
function negativeLogs(z: readonly number[], temperature = 1): number[] {
  const largest = Math.max(...z);
  const log = Math.log(z.reduce((sum, logit) => sum + Math.exp((logit - largest) / temperature), 0));
  return z.map((logit) => (largest - logit) / temperature + log);
}

/** Of softmax, from its negative logarithms, of which the smallest is no exponential: the shares and their magnitudes. */
function sharesOf(logs: readonly number[]): { value: number; magnitude: number }[] {
  const least = Math.min(...logs);
  return logs.map((log) => {
    const value = Math.exp(-log);
    return { value, magnitude: value === 0 ? 0 : value * (1 + (log - least)) };
  });
}

function crossEntropy(z: readonly number[], label: number, smoothing: number): SampleLoss {
  const logs = negativeLogs(z);
  const target = z.map((_, k) => (k === label ? 1 - smoothing : 0) + smoothing / z.length);
  const loss = target.reduce((sum, share, k) => sum + (share === 0 ? 0 : share * (logs[k] as number)), 0);
  const shares = sharesOf(logs);
  return {
    loss,
    magnitude: loss,
    gradient: shares.map(({ value }, k) => value - (target[k] as number)),
    gradientMagnitudes: shares.map(({ magnitude }, k) => magnitude + (target[k] as number)),
  };
}

/** The mean over the elements of a loss of each error, with its derivative. */
function ofErrors(x: readonly number[], target: readonly number[], f: (e: number) => readonly [number, number]): SampleLoss {
  const each = x.map((value, i) => f(value - (target[i] as number)));
  const loss = each.reduce((sum, [value]) => sum + value, 0) / x.length;
  const gradient = each.map(([, slope]) => slope / x.length);
  return { loss, magnitude: loss, gradient, gradientMagnitudes: gradient.map(Math.abs) };
}

const losses: Readonly<Record<LossName, ReferenceLoss>> = {
  softmaxCrossEntropy: (z, [label = 0], option) => crossEntropy(z, label, option('labelSmoothing')),
  binaryCrossEntropy([z = 0], [label = 0]) {
    const u = label === 1 ? -z : z;
    const loss = Math.max(u, 0) + Math.log1p(Math.exp(-Math.abs(z)));
    const sigmoid = 1 / (1 + Math.exp(-u));
    const gradientMagnitudes = [sigmoid === 0 ? 0 : sigmoid * (1 + Math.max(-u, 0))];
    return { loss, magnitude: loss, gradient: [label === 1 ? -sigmoid : sigmoid], gradientMagnitudes };
  },
  meanSquaredError: (x, target) => ofErrors(x, target, (e) => [e * e, 2 * e]),
  meanAbsoluteError: (x, target) => ofErrors(x, target, (e) => [Math.abs(e), Math.sign(e)]),
  huber(x, target, option) {
    const delta = option('delta');
    return ofErrors(x, target, (e) =>
      Math.abs(e) <= delta ? [(e * e) / 2, e] : [delta * (Math.abs(e) - delta / 2), Math.sign(e) * delta],
    );
  },
  distillation(z, [label = 0, ...teacher], option) {
    const [temperature, weight] = [option('temperature'), option('weight')];
    const hard = crossEntropy(z, label, 0);
    const [student, taught] = [negativeLogs(z, temperature), negativeLogs(teacher, temperature)];
    const [q, p] = [sharesOf(student), sharesOf(taught)];
    const terms = p.map(({ value }, k) => (value === 0 ? 0 : value * ((student[k] as number) - (taught[k] as number))));
    const sizes = p.map(({ value }, k) => (value === 0 ? 0 : value * ((student[k] as number) + (taught[k] as number))));
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    const factor = weight * temperature ** 2;
    const ofHard = (value: number) => (weight === 1 ? 0 : (1 - weight) * value);
    return {
      loss: factor * sum(terms) + ofHard(hard.loss),
      magnitude: factor * sum(sizes) + ofHard(hard.magnitude),
      gradient: q.map(({ value }, k) => {
        const slope = value - (p[k] as { value: number }).value;
        return weight * temperature * slope + ofHard(hard.gradient[k] as number);
      }),
      gradientMagnitudes: q.map(({ magnitude }, k) => {
        const together = magnitude + (p[k] as { magnitude: number }).magnitude;
        return weight * temperature * together + ofHard(hard.gradientMagnitudes[k] as number);
      }),
    };
  },
  margin(x, [label = 0], option) {
    const each = x.map((value, k) => {
      const [margin, side, weight] = k === label ? [option('present'), -1, 1] : [option('absent'), 1, option('weight')];
      const beyond = Math.max(0, side * (value - margin));
      // The margin is rounded, and the difference.
      const size = beyond === 0 ? 0 : Math.abs(value) + margin;
      return {
        loss: weight * beyond ** 2,
        magnitude: weight * size ** 2,
        slope: 2 * side * weight * beyond,
        slopeSize: 2 * weight * size,
      };
    });
    return {
      loss: each.reduce((sum, { loss }) => sum + loss, 0),
      magnitude: each.reduce((sum, { magnitude }) => sum + magnitude, 0),
      gradient: each.map(({ slope }) => slope),
      gradientMagnitudes: each.map(({ slopeSize }) => slopeSize),
    };
  },
};

export function referenceLoss(
  loss: LossName,
  output: readonly number[],
  goal: readonly number[],
  options: LossOptions,
): SampleLoss {
  return losses[loss](output, goal, (name) => {
    const value = options[name];
    if (value === undefined) throw new Error(`${loss} needs ${name}`);
    return value;
  });
}
