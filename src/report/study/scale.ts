import { formatPercent, formatPlain } from '../format.ts';

/** An axis: where a value lies between its ends, 0 to 1, and the values that are written at it. */
export interface Scale {
  readonly title: string;
  at(value: number): number;
  /** The most welcome first: one that has no room beside those before it is left out. */
  readonly ticks: readonly { readonly value: number; readonly label: string }[];
}

/** Room that is left at either end, as a share of the axis. */
const MARGIN = 0.04;

/** From 0 on. */
export function linearScale(title: string, last: number): Scale {
  const high = last > 0 ? last : 1;
  const ticks = niceTicks(0, high).map((value) => ({ value, label: short(value) }));
  return { title, at: (value) => value / high, ticks };
}

/** Of counts: its ticks are whole. */
export function countScale(title: string, last: number): Scale {
  const scale = linearScale(title, last);
  return { ...scale, ticks: scale.ticks.filter(({ value }) => Number.isInteger(value)) };
}

/** What is not positive lies where half of the smallest positive value would. */
export function logScale(title: string, values: readonly number[]): Scale {
  const [low, high] = rangeOf(values.filter((value) => value > 0)) ?? [1, 10];
  const least = values.some((value) => !(value > 0)) ? low / 2 : low;
  const at = positions(Math.log10(least), Math.log10(high));
  const ticks = high / least < 8 ? niceTicks(least, high) : decades(least, high);
  return {
    title,
    at: (value) => at(Math.log10(Math.max(least / 10, value > 0 ? value : least))),
    ticks: ticks.map((value) => ({ value, label: short(value) })),
  };
}

/** The round ones first: where there is no room for all, the later ones give way. */
const LEVELS = [
  0, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.8, 0.95, 0.98, 0.995, 0.998, 0.9995, 0.3, 0.7, 0.85, 0.97, 0.96, 0.985, 0.997, 0.996,
];

/** Accuracies by the logarithm of the error, the best at the far end; no error at all lies where half of the smallest would, and what is worse than all lies at the near end. */
export function accuracyScale(title: string, values: readonly number[]): Scale {
  const errors = values.filter(Number.isFinite).map((value) => 1 - value);
  const [low, high] = rangeOf(errors.filter((error) => error > 1e-9)) ?? [0.01, 1];
  const least = errors.some((error) => error <= 1e-9) ? low / 2 : low;
  const at = positions(-Math.log10(high), -Math.log10(least));
  const ticks = high / least < 4 ? niceTicks(1 - high, 1 - least) : LEVELS;
  return {
    title,
    at: (value) => Math.max(0, at(-Math.log10(Math.max(least, 1 - value)))),
    ticks: ticks
      .filter((value) => value >= 1 - high - 1e-9 && value <= 1 - least + 1e-9)
      .map((value) => ({ value, label: formatPercent(value) })),
  };
}

export function rangeOf(values: readonly number[]): readonly [low: number, high: number] | undefined {
  if (values.length === 0) return undefined;
  const low = values.reduce((least, value) => Math.min(least, value));
  const high = values.reduce((most, value) => Math.max(most, value));
  return [low, high];
}

function positions(low: number, high: number): (value: number) => number {
  const width = high - low;
  if (!(width > 0)) return () => 0.5;
  return (value) => MARGIN + ((1 - 2 * MARGIN) * (value - low)) / width;
}

/** Multiples of 1, 2 or 5 times a power of ten, about six between the ends. */
function niceTicks(low: number, high: number): number[] {
  const rough = (high - low) / 6;
  if (!(rough > 0)) return [low];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => (first + index) * step);
}

function decades(low: number, high: number): number[] {
  const factors = high / low < 300 ? [1, 5, 2] : [1];
  const powers = Array.from({ length: Math.ceil(Math.log10(high / low)) + 2 }, (_, index) => Math.floor(Math.log10(low)) + index);
  return factors
    .flatMap((factor) => powers.map((power) => factor * 10 ** power))
    .filter((value) => value >= low && value <= high);
}

/** 20000 as `20k`, 3000000 as `3M`. */
function short(value: number): string {
  const rounded = Number(value.toPrecision(6));
  if (rounded >= 1e9) return `${formatPlain(rounded / 1e9)}G`;
  if (rounded >= 1e6) return `${formatPlain(rounded / 1e6)}M`;
  return rounded >= 1e4 ? `${formatPlain(rounded / 1e3)}k` : formatPlain(rounded);
}
