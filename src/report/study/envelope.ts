import { leastCost } from '../../search/front.ts';
import type { Problem } from '../../search/strategy.ts';
import { frontBy } from './charts.ts';
import type { Facts, Network } from './facts.ts';
import { html, type Markup, tableOf } from './markup.ts';
import { count, percent } from './text.ts';

/** Accuracies at which s(f) is told, beside the floor and those of `fineLevels`. */
const LEVELS = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.96, 0.97, 0.98, 0.99, 0.992, 0.995, 0.998, 0.999];
const STEPS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1];
/** Levels that lie within the accuracies reached, at the most. */
const MOST_LEVELS = 16;

/** Round accuracies as near to each other as the range of those reached suggests. */
function fineLevels(accuracies: readonly number[]): number[] {
  const low = accuracies.reduce((least, value) => Math.min(least, value), 1);
  const high = accuracies.reduce((most, value) => Math.max(most, value), 0);
  const step = STEPS.find((size) => (high - low) / size <= MOST_LEVELS) ?? 0.1;
  const first = Math.floor(low / step);
  const count = Math.max(0, Math.ceil(high / step) - first + 1);
  return Array.from({ length: count }, (_, index) => Number(((first + index) * step).toFixed(3))).filter((f) => f >= 0 && f <= 1);
}

/** A row of the table of s(f). */
export interface Level {
  readonly accuracy: number;
  /** The least cost of a network of at least five seeds whose bound is at f or above. */
  readonly byBound?: number;
  /** The least cost of a network whose mean is at f or above. */
  readonly byMean?: number;
}

/** s(f) at round accuracies and at the floor, from the last that the smallest network reaches to the first that nothing does. */
export function levelsOf({ floor }: Problem, facts: Facts): Level[] {
  const certain = facts.confirmed.map(({ cost, bound = Number.NaN }) => ({ cost, accuracy: bound }));
  const likely = facts.networks;
  const { byBound: sure, byMean: seen } = envelopesOf(facts);
  const reached = [...sure.map(({ bound = Number.NaN }) => bound), ...seen.map(({ accuracy }) => accuracy)];
  const all = [...new Set([...LEVELS, ...fineLevels(reached), floor])].sort((a, b) => a - b);
  const levels = all.map((accuracy): Level => {
    return { accuracy, byBound: leastCost(certain, accuracy), byMean: leastCost(likely, accuracy) };
  });
  const first = levels[0];
  // Below, s(f) is the same as at the next level.
  const isSame = ({ byBound, byMean }: Level) => byBound === first?.byBound && byMean === first?.byMean;
  const from = Math.max(0, levels.findIndex((level) => !isSame(level)) - 1);
  const none = levels.findIndex(({ byBound, byMean }) => byBound === undefined && byMean === undefined);
  const to = none < 0 ? levels.length : none + 1;
  return levels.filter((level, index) => (index >= from && index < to) || level.accuracy === floor);
}

export function envelopeTable(problem: Problem, facts: Facts, name: string): Markup {
  const levels = levelsOf(problem, facts);
  const cell = (cost: number | undefined) => (cost === undefined ? 'nothing reached it' : count(cost));
  const columns = [
    { title: 'accuracy f', kind: 'number' },
    { title: `${name}, where the bound reaches f`, kind: 'number' },
    { title: `${name}, where the mean reaches f`, kind: 'number' },
  ] as const;
  return tableOf(
    html`s(f), the least cost that reaches accuracy f on validation data; the floor is marked`,
    columns,
    levels.map(({ accuracy, byBound, byMean }) => [percent(accuracy), cell(byBound), cell(byMean)]),
    { emphasis: (row) => levels[row]?.accuracy === problem.floor },
  );
}

/** The networks of both curves of s(f), by rising cost. */
export function envelopesOf(facts: Facts): { readonly byBound: readonly Network[]; readonly byMean: readonly Network[] } {
  return { byBound: frontBy(facts.confirmed, ({ bound }) => bound), byMean: frontBy(facts.networks, ({ accuracy }) => accuracy) };
}
