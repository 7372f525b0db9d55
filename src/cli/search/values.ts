import { InvalidArgumentError } from 'commander';
import { COST_NAMES, type CostName, type Objective } from 'paredown/node';

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3, b: 1 };

/** 16KB as 16384, 200K as 200000. */
export function amount(text: string): number {
  const [, digits = '', unit = ''] = /^([\d.]+)\s*([a-z]*)$/i.exec(text.trim()) ?? [];
  const value = Number(digits) * (UNITS[unit.toLowerCase()] ?? Number.NaN);
  if (digits === '' || !Number.isFinite(value) || value <= 0)
    throw new InvalidArgumentError(
      'It must be a number above 0, with K, M or G for thousands, or KB, MB or GB for 1024 bytes and more.',
    );
  return value;
}

/** Rising numbers above 0, with commas between. */
export function list(text: string): number[] {
  const values = text.split(',').map(Number);
  if (!values.every((value, index) => Number.isFinite(value) && value > (values[index - 1] ?? 0)))
    throw new InvalidArgumentError('It must be rising numbers above 0 with commas between, such as 0.004,0.01.');
  return values;
}

/** `macs`, or `parameters=1,macs=0.001`. */
export function weightsOf(text: string): CostName | Objective['weights'] {
  const known = (name: string): CostName => {
    const found = COST_NAMES.find((cost) => cost === name);
    if (!found) throw new InvalidArgumentError(`There is no cost '${name}'; the costs are ${COST_NAMES.join(', ')}.`);
    return found;
  };
  if (!text.includes('=')) return known(text);
  const entries = text.split(',').map((part) => {
    const [name = '', value = ''] = part.split('=');
    const weight = Number(value);
    if (value.trim() === '' || !Number.isFinite(weight) || weight < 0)
      throw new InvalidArgumentError(`'${part}' must be a cost and a weight of at least 0, such as macs=0.001.`);
    return [known(name), weight] as const;
  });
  return Object.fromEntries(entries);
}

/** 0.974 as `97.4%`, with as many digits as it has. */
export function exactPercent(share: number): string {
  return `${Number((100 * share).toPrecision(12))}%`;
}
