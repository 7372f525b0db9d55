import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mismatch } from '../bench/cases/case.ts';
import { measuredFamilies } from '../bench/cases/index.ts';
import { spreadOf } from '../bench/common/statistics.ts';
import { kernelList, type Measured } from '../bench/kernels/list.ts';
import { measureKernel } from '../bench/kernels/measure.ts';
import { readOptions as readKernelOptions } from '../bench/kernels/options.ts';
import { leastTime, type Report, readReport } from '../bench/kernels/report.ts';
import { peerRows } from '../bench/peers/ratios.ts';
import { readOptions as readTrainingOptions } from '../bench/training/options.ts';
import { WORKLOADS, type WorkloadName } from '../bench/workloads.ts';
import { Table } from '../src/cli/common/fitted-table.ts';
import { OptionError } from '../src/core/errors.ts';
import { families } from '../src/kernels/registry.ts';
import { describe as describeModel, type Gpu } from '../src/node.ts';
import { openTestGpu } from './support/gpu.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

let scratch = '';
let gpu: Gpu;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'paredown-bench-'));
  gpu = await openTestGpu();
});
afterAll(async () => {
  await gpu?.destroy();
  await rm(scratch, { recursive: true, force: true });
});

function run(program: string, ...args: string[]): { code: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', '--import', './scripts/wgsl-hook.mjs', `bench/${program}.ts`, ...args],
    { cwd: ROOT, encoding: 'utf8', timeout: 100_000 },
  );
  return { code: status, stdout, stderr };
}

function one(shape: string): Measured {
  const found = kernelList(gpu.capabilities, { all: false }).find((measured) => measured.case.shape === shape);
  if (!found) throw new Error(`the benchmark has no kernel of shape ${shape}`);
  return found;
}

describe('the list of kernels', () => {
  test('knows what every kernel family computes', () => {
    expect(families.map(({ name }) => name).filter((name) => !measuredFamilies.includes(name))).toEqual([]);
  });

  test.each(['cpu', 'gpu'] as const)('names each kernel of a %s once, those of the networks among them', (kind) => {
    const list = kernelList({ ...gpu.capabilities, kind }, { all: kind === 'cpu' });
    const names = list.map(({ family, case: { shape } }) => `${family} ${shape}`);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    for (const network of ['W1', 'W2', 'W3', 'W4'])
      expect(list.filter(({ networks }) => networks.includes(network)).length).toBeGreaterThanOrEqual(10);
    for (const { family, variants } of list)
      expect(variants.filter(({ preferred }) => preferred).length, `preferred variants of ${family}`).toBe(1);
  });
});

describe('a measurement', () => {
  test('has a time for a kernel that agrees with the reference', { timeout: 60_000 }, async () => {
    const small = one('50x98 -> 128 dw');
    const preferred = small.variants.filter((variant) => variant.preferred);
    const { variants, referenceMs } = await measureKernel(gpu, small, preferred, { repeats: 2 });
    expect(variants).toMatchObject([{ variant: preferred[0]?.name, ms: { repeats: 2, median: expect.any(Number) } }]);
    expect(variants[0]).not.toHaveProperty('error');
    expect(referenceMs).toBeGreaterThan(0);
  });

  test('has none, but what is wrong, for a kernel that does not', async () => {
    const small = one('mean of 256 losses');
    const wrong = small.variants.map((variant) => ({
      ...variant,
      kernel: { ...variant.kernel, code: variant.kernel.code.replace('total / f32', '1.125 + total / f32') },
    }));
    const { variants } = await measureKernel(gpu, small, wrong, { repeats: 2 });
    expect(variants).toHaveLength(1);
    expect(variants[0]?.error).toMatch(/^mean: 1 of 1 elements are wrong/);
    expect(variants[0]).not.toHaveProperty('ms');
  });

  test('takes what was not written for wrong', () => {
    const output = { name: 'y', values: [1, 2], error: () => 1e9, actual: () => [1, Number.NaN] };
    expect(mismatch([output], [])).toMatch(/^y: 1 of 2 elements are wrong, the worst is number 1: expected 2, got NaN/);
    expect(mismatch([{ ...output, actual: () => [1, 2] }], [])).toBeUndefined();
  });
});

describe('npm run bench', () => {
  test('prints a table, writes JSON and charts, and compares', { timeout: 200_000 }, async () => {
    const args = ['--filter', 'optimizer', '--shape', '14014', '--repeats', '1', '--no-onnx', '--out', scratch];
    const json = join(scratch, 'first.json');
    const first = run('kernels', ...args, '--json', json);
    expect(first.stderr).not.toContain('WRONG');
    expect(first.code).toBe(0);
    expect(first.stdout).toMatch(/^optimizer\/adam +14014 parameters, adam /m);
    expect(first.stdout).toMatch(/roofline\.svg\n.*bars\.svg/);
    const report = JSON.parse(await readFile(json, 'utf8')) as Report;
    expect(report).toMatchObject({
      format: 1,
      machine: { adapter: expect.any(String) },
      ceilings: { gflops: expect.any(Number) },
    });
    expect(report.rows).toHaveLength(1);
    expect(report.rows[0]).toMatchObject({
      family: 'optimizer',
      networks: ['W2'],
      ms: { repeats: 1 },
      limit: expect.any(String),
    });

    const second = run('kernels', ...args, '--compare', json);
    expect(second.code).toBe(0);
    expect(second.stdout).toMatch(/^Against the run of /m);
    expect(second.stdout).toMatch(/^optimizer\/adam +14014 parameters, adam +[\d.]+ +[\d.]+ +[\d.]+x/m);
  });

  test.each([
    ['kernels', ['--nothing']],
    ['training', ['--workload', 'W9']],
    ['peers', ['--rounds', 'two']],
  ])('%s with %j says what is wrong, and ends with 2', (program, args) => {
    const { code, stderr } = run(program, ...args);
    expect(stderr).toContain(args[0]);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(code).toBe(2);
  });

  test.each([
    ['--filter', '('],
    ['--repeats', '0'],
    ['--compare', 'package.json'],
    ['--compare', 'last', '--out', 'nowhere'],
    ['more'],
  ])('refuses %s %s', (...args) => {
    expect(() => {
      const { compare } = readKernelOptions(args);
      if (compare) readReport(compare);
    }).toThrow(OptionError);
  });

  test.each([
    ['--replicas', '1,x'],
    ['--precision', 'f16'],
    ['--seconds', '-1'],
  ])('training refuses %s %s', (...args) => {
    expect(() => readTrainingOptions(args)).toThrow(OptionError);
  });
});

test('the networks that a search trains all day are those of the records', () => {
  const countsOf = (name: WorkloadName) => {
    const { parameters, macs } = describeModel(WORKLOADS[name].model);
    return { parameters, macs, batch: WORKLOADS[name].batch };
  };
  expect(countsOf('W3')).toEqual({ parameters: 697, macs: 80_576, batch: 256 });
  expect(countsOf('W4')).toEqual({ parameters: 3762, macs: 621_008, batch: 32 });
});

test('npm run bench:training tells steps, dispatches and bytes', { timeout: 100_000 }, async () => {
  const json = join(scratch, 'training.json');
  const args = ['--workload', 'W2', '--replicas', '1', '--seconds', '0.2', '--no-startup', '--json', json];
  expect(run('training', ...args).code).toBe(0);
  const { rows } = JSON.parse(await readFile(json, 'utf8'));
  expect(rows).toHaveLength(1);
  expect(rows[0]).toMatchObject({
    every: { median: expect.any(Number) },
    dispatches: expect.any(Number),
    activationBytes: expect.any(Number),
  });
  // On a machine that is too busy for 100 steps the row says so instead.
  if (rows[0].hundredth) expect(rows[0].hundredth.median).toBeGreaterThan(0);
  else expect(rows[0].note).toBe('100 steps take longer than three times --seconds');
});

test('a kernel is limited by what takes it longest at the ceilings', () => {
  const ceilings = { gflops: 100, copyGBs: 10, dispatchUs: 20 };
  expect(leastTime(1e9, 4e6, ceilings)).toEqual({ milliseconds: 10, limit: 'compute' });
  expect(leastTime(1e6, 4e6, ceilings)).toEqual({ milliseconds: 0.4, limit: 'memory' });
  expect(leastTime(1e3, 1e3, ceilings)).toEqual({ milliseconds: 0.02, limit: 'dispatch' });
});

test('the ratio of two engines is that of their medians over all rounds', () => {
  const times = (engine: 'paredown' | 'jax-js', ...ms: number[]) => ({
    engine,
    workload: 'W1' as const,
    what: 'train 50',
    times: ms,
  });
  const rows = peerRows([times('paredown', 1, 9), times('jax-js', 20, 40), times('paredown', 2), times('jax-js', 30)]);
  expect(rows.map(({ engine, ms, ratio }) => [engine, ms.median, ratio])).toEqual([
    ['paredown', 2, undefined],
    ['jax-js', 30, 15],
  ]);
  expect(rows[1]?.target).toEqual({ least: 5, stretch: 8 });
});

test('a spread is median, least and quartiles', () => {
  expect(spreadOf([5, 1, 4, 2, 3])).toEqual({ median: 3, least: 1, lowerQuartile: 2, upperQuartile: 4, repeats: 5 });
});

test('a table fits the terminal: first what may be left out goes, then what may be cut is cut', () => {
  const columns = [
    { title: 'name', align: 'left', least: 6, text: ({ name }: { name: string }) => name },
    { title: 'ms', text: () => '1.00' },
    { title: 'more', rank: 1, text: () => '12345678' },
  ] as const;
  const rows = [{ name: 'a long name' }];
  const lines = (width: number) => {
    const table = new Table(columns, rows, width);
    return [table.header(), ...rows.map((row) => table.row(row))];
  };
  expect(lines(80)).toEqual(['name           ms      more', 'a long name  1.00  12345678']);
  expect(lines(24)).toEqual(['name        ms      more', 'a long …  1.00  12345678']);
  expect(lines(14)).toEqual(['name        ms', 'a long …  1.00']);
});
