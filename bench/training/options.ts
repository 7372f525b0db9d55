import { join } from 'node:path';
import { OptionError } from '../../src/core/errors.ts';
import type { QuantizationOptions } from '../../src/node.ts';
import { oneOf, parsed, positiveInteger, positiveNumber, regularExpression } from '../common/arguments.ts';
import { WORKLOADS, type WorkloadName } from '../workloads.ts';

export const HELP = `npm run bench:training -- [options]

Times training steps of published networks on this adapter, Adam, the loss read at every step and at every 100th; the part of a
step that the GPU is busy with; dispatches, bytes; and the time from a process's start to its first finished step.

  --workload REGEX   which of ${Object.keys(WORKLOADS).join(', ')} [all]
  --replicas LIST    copies trained in one plan [${defaults()}]
  --precision WHICH  f32 or mixed [f32]
  --bits LIST        in floats and trained for few bits, one after the other: float, 4 (of the weights), 4/8 (and 8 of the
                     values between layers) [float]
  --tune WHICH       off, quick or full: which kernel variants [off]
  --seconds N        time for each way of reading; a network whose step is too long for it is left out, and that is said [15]
  --no-startup       leave the start-up out
  --out DIR          where the JSON goes [bench/out]
  --json FILE        the JSON's place [DIR/training-DATE.json]
  --help

Exit code 2: an option was wrong.`;

export interface TrainingOptions {
  readonly workloads: readonly WorkloadName[];
  /** [each network's own] */
  readonly replicas?: readonly number[];
  readonly precision: 'f32' | 'mixed';
  readonly bits: readonly Bits[];
  readonly tune: 'off' | 'quick' | 'full';
  readonly seconds: number;
  readonly startup: boolean;
  readonly out: string;
  readonly json?: string;
  readonly help: boolean;
}

/** What a training is for: floats, where it has no quantization. */
export interface Bits {
  readonly name: string;
  readonly quantization?: QuantizationOptions;
}

/** Throws an OptionError that names what is wrong. */
export function readOptions(args: readonly string[]): TrainingOptions {
  const values = parsed(args, 'npm run bench:training', {
    workload: { type: 'string', default: '' },
    replicas: { type: 'string' },
    precision: { type: 'string', default: 'f32' },
    bits: { type: 'string', default: 'float' },
    tune: { type: 'string', default: 'off' },
    seconds: { type: 'string', default: '15' },
    'no-startup': { type: 'boolean', default: false },
    out: { type: 'string', default: join('bench', 'out') },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  });
  const workload = regularExpression('--workload', values.workload);
  const names = Object.keys(WORKLOADS) as WorkloadName[];
  const found = names.filter((name) => workload.test(name));
  if (found.length === 0) oneOf('--workload', values.workload, names);
  return {
    workloads: found,
    replicas: values.replicas?.split(',').map((text) => positiveInteger('--replicas', text)),
    precision: oneOf('--precision', values.precision, ['f32', 'mixed']),
    bits: values.bits.split(',').map(bitsOf),
    tune: oneOf('--tune', values.tune, ['off', 'quick', 'full']),
    seconds: positiveNumber('--seconds', values.seconds),
    startup: !values['no-startup'],
    out: values.out,
    json: values.json,
    help: values.help,
  };
}

function bitsOf(name: string): Bits {
  if (name === 'float') return { name };
  const [, weights, activations] = /^([2-6]|8)(\/8)?$/.exec(name) ?? [];
  if (weights === undefined) throw new OptionError(`--bits: float, 8, 6, 5, 4, 3 or 2, or these with /8, got '${name}'`);
  const quantization = { weights: Number(weights), activations: activations ? 8 : 'float' } as QuantizationOptions;
  return { name, quantization };
}

function defaults(): string {
  const lists = Object.entries(WORKLOADS).map(([name, { replicas }]) => ({ name, list: replicas.join(',') }));
  const namesOf = (text: string) => lists.flatMap(({ name, list }) => (list === text ? [name] : []));
  return [...new Set(lists.map(({ list }) => list))].map((list) => `${list} of ${namesOf(list).join(', ')}`).join('; ');
}
