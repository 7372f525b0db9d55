/**
 * Holds what this machine's GPU computes against the float64 reference, without a test runner, for a machine that has nothing but
 * the packed project: every operation and gradient with the variants that the GPU would choose, every variant by name, and training
 * steps of the published networks.
 */
import { parseArgs } from 'node:util';
import { type Case, cases, DEFAULT_SEED, randomCases } from '../kernels-test/cases/index.ts';
import { checkCase, type Engine } from '../kernels-test/support/check.ts';
import { gpuEngine, openTestGpu } from '../kernels-test/support/gpu.ts';
import { publishedDifferences, publishedNetworks } from '../kernels-test/support/published-training.ts';
import { engineWith, serves, type VariantName, variantNames } from '../kernels-test/support/variant-cases.ts';
import { OptionError } from '../src/core/errors.ts';
import { checkSeed } from '../src/core/random.ts';
import type { Gpu } from '../src/node.ts';

const PARTS = ['operations', 'variants', 'networks'] as const;

const usage = `Usage: tsx bench/verify.ts [options]
  --only PART        ${PARTS.join(', ')} [all three]
  --size small|full  operations: each operation and attribute once, or every case [full]; variants always take the small size
  --op REGEX         only operations whose whole name matches
  --variant REGEX    only variants whose whole family/name matches
  --random N         random cases beside the table's [60; 0 with --size small]
  --seed N           seed of the random cases [${DEFAULT_SEED}]
  --help             this text

Prints each failure and a summary; the exit code is 1 when something is wrong and 2 when it could not start.`;

interface Selection {
  readonly operations: readonly Case[];
  readonly variants: readonly VariantName[];
  /** What the variants are run on. */
  readonly small: readonly Case[];
  readonly networks: boolean;
}

function readOptions(): Selection | undefined {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      size: { type: 'string', default: 'full' },
      op: { type: 'string', default: '.*' },
      variant: { type: 'string', default: '.*' },
      random: { type: 'string' },
      seed: { type: 'string', default: String(DEFAULT_SEED) },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const { size, only } = values;
  if (size !== 'small' && size !== 'full') throw new OptionError(`--size must be small or full, got ${size}`);
  const part = PARTS.find((name) => name === only);
  if (only !== undefined && !part) throw new OptionError(`--only must be one of ${PARTS.join(', ')}, got ${only}`);
  const wanted = (name: (typeof PARTS)[number]) => part === undefined || part === name;
  const count = wholeNumber('--random', values.random ?? (size === 'full' ? '60' : '0'));
  const seed = checkSeed('--seed', wholeNumber('--seed', values.seed));
  const op = wholeMatch('--op', values.op);
  const variant = wholeMatch('--variant', values.variant);
  const selection = {
    operations: wanted('operations') ? [...cases({ size }), ...randomCases(seed, count)].filter((one) => op.test(one.op)) : [],
    variants: wanted('variants') ? variantNames.filter((name) => variant.test(`${name.family}/${name.variant}`)) : [],
    small: cases({ size: 'small' }).filter((one) => op.test(one.op)),
    networks: wanted('networks'),
  };
  if (selection.operations.length + selection.variants.length === 0 && !selection.networks)
    throw new OptionError(`--op ${values.op} and --variant ${values.variant} match nothing that has cases`);
  return selection;
}

function wholeNumber(option: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new OptionError(`${option} must be a whole number, got ${text}`);
  return Number(text);
}

function wholeMatch(option: string, text: string): RegExp {
  try {
    return new RegExp(`^(?:${text})$`);
  } catch {
    throw new OptionError(`${option} must be a regular expression, got ${text}`);
  }
}

/** Prints what failed and how many did; returns the number. */
function report(what: string, results: readonly (readonly string[])[]): number {
  for (const failure of results.flat()) console.log(failure);
  const failed = results.filter(({ length }) => length > 0).length;
  console.log(`${what}: ${results.length - failed} passed, ${failed} failed`);
  return failed;
}

async function checkAll(engine: Engine, selected: readonly Case[]): Promise<string[][]> {
  const results: string[][] = [];
  for (const testCase of selected) results.push(await checkCase(engine, testCase));
  return results;
}

async function verify({ operations, variants, small, networks }: Selection): Promise<boolean> {
  const gpu = await openTestGpu();
  try {
    const { description, device, vendor, kind } = gpu.info;
    console.log(`${description || device} (${vendor}, ${kind})`);
    let failed = 0;
    if (operations.length > 0) failed += report('operations', await checkAll(gpuEngine(gpu), operations));
    for (const name of variants) {
      const served = small.filter((testCase) => serves(gpu, name, testCase));
      if (served.length > 0) failed += report(`${name.family}/${name.variant}`, await checkAll(engineWith(gpu, name), served));
    }
    if (networks) failed += report('networks', await trainNetworks(gpu));
    console.log(failed === 0 ? 'all right' : `${failed} failed`);
    return failed === 0;
  } finally {
    await gpu.destroy();
  }
}

async function trainNetworks(gpu: Gpu): Promise<string[][]> {
  const results: string[][] = [];
  for (const network of Object.values(publishedNetworks)) results.push(await publishedDifferences(gpu, network()));
  return results;
}

try {
  const selection = readOptions();
  if (!selection) console.log(usage);
  else process.exitCode = (await verify(selection)) ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
