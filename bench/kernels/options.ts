import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { OptionError } from '../../src/core/errors.ts';
import { parsed, positiveInteger, regularExpression } from '../common/arguments.ts';

export const HELP = `npm run bench -- [options]

Times the kernels of W1 to W4 (bench/workloads.ts) and of other layers on this adapter, each checked against src/reference first.

  --filter REGEX     kernels whose 'family/variant' and networks match: 'conv2d/', 'W1', 'matmul/rows|pool'
  --shape REGEX      layers that match: '28x28', '5x5', 'dw$' (dx, dw: gradients by input and by weights), 'depthwise', '-> 64'
  --variant WHICH    preferred (what a plan takes here), all, or the name of one [preferred]
  --all              many more shapes: takes an hour and more on two cores
  --repeats N        times each variant is timed [as often as fits into 0.4 s, 9 to 60]
  --onnx             install onnxruntime-web into bench/peers where it is missing, and time forward layers with it
                     [they are timed where it is there]
  --no-onnx          leave it out
  --compare FILE     an earlier run's JSON, or 'last': prints what changed, the largest change first
  --out DIR          where the JSON and the charts go [bench/out]
  --json FILE        the JSON's place [DIR/kernels-DATE.json]
  --help

Columns: the median of the times, half the distance of the quartiles (±), operations and bytes a second, the share of what this adapter's
ceilings allow for so much arithmetic, memory and a dispatch ('of': which of the three sets the limit; above 100%: it came from a cache),
how many times as long the CPU reference and onnxruntime-web take, and milliseconds of the first dispatch, which compiles.
Exit code 1: a result was wrong; 2: an option was.`;

export interface BenchOptions {
  readonly filter: RegExp;
  readonly shape: RegExp;
  readonly variant: string;
  readonly all: boolean;
  readonly repeats?: number;
  /** Install it, take it where it is there, or leave it out. */
  readonly onnx: 'install' | 'present' | 'never';
  readonly compare?: string;
  readonly out: string;
  readonly json?: string;
  readonly help: boolean;
}

/** Throws an OptionError that names what is wrong. */
export function readOptions(args: readonly string[]): BenchOptions {
  const values = parsed(args, 'npm run bench', {
    filter: { type: 'string', default: '' },
    shape: { type: 'string', default: '' },
    variant: { type: 'string', default: 'preferred' },
    all: { type: 'boolean', default: false },
    repeats: { type: 'string' },
    onnx: { type: 'boolean', default: false },
    'no-onnx': { type: 'boolean', default: false },
    compare: { type: 'string' },
    out: { type: 'string', default: join('bench', 'out') },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  });
  if (values.onnx && values['no-onnx']) throw new OptionError('--onnx and --no-onnx exclude each other');
  return {
    filter: regularExpression('--filter', values.filter),
    shape: regularExpression('--shape', values.shape),
    variant: values.variant,
    all: values.all,
    ...(values.repeats !== undefined && { repeats: positiveInteger('--repeats', values.repeats) }),
    onnx: values.onnx ? 'install' : values['no-onnx'] ? 'never' : 'present',
    ...(values.compare !== undefined && { compare: values.compare === 'last' ? lastOf(values.out) : values.compare }),
    out: values.out,
    json: values.json,
    help: values.help,
  };
}

/** Names hold the date, so the last by name is the last. */
function lastOf(folder: string): string {
  try {
    const last = readdirSync(folder)
      .filter((name) => /^kernels-.*\.json$/.test(name))
      .sort()
      .at(-1);
    if (last) return join(folder, last);
  } catch {
    // No folder, no file.
  }
  throw new OptionError(`--compare last: there is no earlier run in ${folder}`);
}
