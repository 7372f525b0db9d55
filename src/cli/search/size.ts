import { type CostName, type Problem, scoreOf, type TrialRecord } from 'paredown/node';
import { grouped } from '../common/format.ts';

/** `412 parameters`; of a mix, its value. */
export function sizeOf({ objective }: Problem, { costs }: Pick<TrialRecord, 'costs'>): string {
  const names = Object.entries(objective.weights).flatMap(([name, weight]) => (weight > 0 ? [name as CostName] : []));
  const [name] = names;
  const value = scoreOf(objective, costs);
  const text = Number.isInteger(value) ? grouped(value) : value.toPrecision(4);
  return names.length === 1 && name ? `${text} ${UNITS[name]}` : `${text} (${names.join(' + ')})`;
}

/** `at most 1 macs and 16,384 B activations`; empty without limits. */
export function limitsOf({ objective }: Problem): string {
  const limits = Object.entries(objective.limits).map(([name, most]) => `${grouped(most)} ${UNITS[name as CostName]}`);
  return limits.length === 0 ? '' : `at most ${limits.join(' and ')}`;
}

const UNITS: Readonly<Record<CostName, string>> = {
  parameters: 'parameters',
  macs: 'MACs',
  activations: 'B activations',
  bytes: 'B',
  latency: 'ms latency',
};

/** What a search makes small, in words: `the fewest parameters`. */
export function aimOf({ objective: { weights } }: Problem): string {
  const parts = Object.entries(weights).filter(([, weight]) => weight > 0);
  const [only] = parts;
  if (only && parts.length === 1) return LEAST[only[0] as CostName];
  return `the least ${parts.map(([name, weight]) => `${weight} x ${name}`).join(' + ')}`;
}

const LEAST: Readonly<Record<CostName, string>> = {
  parameters: 'the fewest parameters',
  macs: 'the fewest multiply-accumulates',
  activations: 'the least activation memory',
  bytes: 'the fewest bytes',
  latency: 'the least latency',
};
