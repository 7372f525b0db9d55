/**
 * Holds every operation and gradient on this machine's GPU against the float64 reference, without a test runner: for a machine that
 * has nothing but the packed project.
 */
import { parseArgs } from 'node:util';
import { type Case, cases, DEFAULT_SEED, randomCases } from '../kernels-test/cases/index.ts';
import { checkCase } from '../kernels-test/support/check.ts';
import { gpuEngine, openTestGpu } from '../kernels-test/support/gpu.ts';
import { OptionError } from '../src/core/errors.ts';
import { checkSeed } from '../src/core/random.ts';

const usage = `Usage: tsx bench/verify.ts [options]
  --size small|full  each operation and attribute once, or every case [full]
  --op REGEX         only operations whose whole name matches
  --random N         random cases beside the table's [60; 0 with --size small]
  --seed N           seed of the random cases [${DEFAULT_SEED}]
  --help             this text

Prints each failure and a summary; the exit code is 1 when a case failed and 2 when it could not start.`;

function readOptions(): { selected: Case[]; help: boolean } {
  const { values } = parseArgs({
    options: {
      size: { type: 'string', default: 'full' },
      op: { type: 'string', default: '.*' },
      random: { type: 'string' },
      seed: { type: 'string', default: String(DEFAULT_SEED) },
      help: { type: 'boolean', default: false },
    },
  });
  const { size, help } = values;
  if (size !== 'small' && size !== 'full') throw new OptionError(`--size must be small or full, got ${size}`);
  const count = wholeNumber('--random', values.random ?? (size === 'full' ? '60' : '0'));
  const seed = checkSeed('--seed', wholeNumber('--seed', values.seed));
  const pattern = regularExpression(values.op);
  const selected = help ? [] : [...cases({ size }), ...randomCases(seed, count)].filter(({ op }) => pattern.test(op));
  if (!help && selected.length === 0) throw new OptionError(`--op ${values.op} matches no operation that has cases`);
  return { selected, help };
}

function wholeNumber(option: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new OptionError(`${option} must be a whole number, got ${text}`);
  return Number(text);
}

function regularExpression(text: string): RegExp {
  try {
    return new RegExp(`^(?:${text})$`);
  } catch {
    throw new OptionError(`--op must be a regular expression, got ${text}`);
  }
}

async function verify(selected: readonly Case[]): Promise<boolean> {
  const gpu = await openTestGpu();
  try {
    console.log(`${gpu.info.description || gpu.info.device} (${gpu.info.vendor}, ${gpu.info.kind})`);
    const engine = gpuEngine(gpu);
    let failed = 0;
    for (const testCase of selected) {
      const failures = await checkCase(engine, testCase);
      if (failures.length > 0) failed++;
      for (const failure of failures) console.log(failure);
    }
    console.log(`${selected.length - failed} passed, ${failed} failed`);
    return failed === 0;
  } finally {
    await gpu.destroy();
  }
}

try {
  const { selected, help } = readOptions();
  if (help) console.log(usage);
  else process.exitCode = (await verify(selected)) ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
