// Every kernel of the published networks and of other layers, timed on this adapter: npm run bench -- --help
import { join } from 'node:path';
import { terminalWidth } from '../src/cli/common/fitted-table.ts';
import { OptionError } from '../src/core/errors.ts';
import { openGpu } from '../src/gpu/dawn.ts';
import type { Gpu } from '../src/gpu/gpu.ts';
import { measureCeilings } from './ceilings.ts';
import { runProgram } from './common/arguments.ts';
import { digits } from './common/figures.ts';
import { machineLine, machineOf } from './common/machine.ts';
import { save, saveJson, stamp } from './common/save.ts';
import { median } from './common/statistics.ts';
import { drawCharts } from './kernels/charts.ts';
import { comparison } from './kernels/compare.ts';
import { kernelList, type Measured } from './kernels/list.ts';
import { measureKernel } from './kernels/measure.ts';
import { type BenchOptions, HELP, readOptions } from './kernels/options.ts';
import { headline, kernelTable } from './kernels/print.ts';
import { ProgressLine } from './kernels/progress.ts';
import { type Report, type Row, readReport, rowsOf } from './kernels/report.ts';
import { clockOf } from './kernels/timing.ts';
import { OnnxRuntime } from './onnx/runtime.ts';

// Dawn rounds timestamps to 0.1 ms unless it is told not to.
process.env.PAREDOWN_DAWN_TOGGLES ??= 'disable-dawn-features=timestamp_quantization';

await runProgram(async (args) => {
  const options = readOptions(args);
  if (!options.help) return run(options);
  console.log(HELP);
  return 0;
});

async function run(options: BenchOptions): Promise<number> {
  const before = options.compare === undefined ? undefined : readReport(options.compare);
  await using gpu = await openGpu();
  const measured = selected(kernelList(gpu.capabilities, options), options);
  await using onnx = await OnnxRuntime.open(options.onnx);
  const machine = machineOf(gpu);
  const clock = clockOf(gpu);
  console.log(machineLine(machine));
  const ceilings = await measureCeilings(gpu);
  console.log(
    `ceilings: ${digits(ceilings.gflops)} GFLOP/s, copies ${digits(ceilings.copyGBs)} GB/s, a dispatch ${digits(ceilings.dispatchUs)} us; ` +
      `times by ${clock}${onnx ? `; onnxruntime-web ${onnx.version}, ${onnx.threads} threads` : ''}`,
  );
  const rows = await measureAll(gpu, measured, options, (one, result, onnxMs) => rowsOf(one, result, onnxMs, ceilings), onnx);
  const report: Report = { format: 1, program: 'paredown kernels', machine, clock, ceilings, rows };
  console.log('');
  keep(report, options);
  if (before) console.log(`\n${comparison(before, report, terminalWidth()).join('\n')}`);
  const wrong = rows.filter(({ error }) => error !== undefined);
  for (const { family, variant, shape, error } of wrong) console.error(`WRONG: ${family}/${variant}, ${shape}: ${error}`);
  return wrong.length > 0 ? 1 : 0;
}

async function measureAll(
  gpu: Gpu,
  measured: readonly Measured[],
  options: BenchOptions,
  describe: (one: Measured, ...found: [Awaited<ReturnType<typeof measureKernel>>, number | undefined]) => Row[],
  onnx: OnnxRuntime | undefined,
): Promise<Row[]> {
  const table = kernelTable(measured, onnx !== undefined, terminalWidth());
  const progress = new ProgressLine(measured);
  const rows: Row[] = [];
  let last: string | undefined;
  for (const [index, one] of measured.entries()) {
    progress.begin(index);
    const result = await measureKernel(gpu, one, one.variants, options);
    const onnxTimes = one.case.onnx && (await onnx?.time(one.case.onnx));
    progress.finished(index);
    progress.clear();
    const title = headline(one.networks);
    if (title !== last) console.log(`\n${title}\n${table.header()}`);
    last = title;
    for (const row of describe(one, result, onnxTimes && median(onnxTimes))) {
      console.log(table.row(row));
      rows.push(row);
    }
  }
  return rows;
}

/** The kernels that the options ask for, with the variants that they ask for. Throws an OptionError where there are none. */
function selected(all: readonly Measured[], { filter, shape, variant }: BenchOptions): Measured[] {
  const found = all.flatMap((one) => {
    if (!shape.test(one.case.shape)) return [];
    const variants = one.variants.filter(
      ({ name, preferred }) =>
        (variant === 'all' || (variant === 'preferred' ? preferred : name === variant)) &&
        filter.test(`${one.family}/${name} ${one.networks.join(' ')}`),
    );
    return variants.length > 0 ? [{ ...one, variants }] : [];
  });
  if (found.length === 0)
    throw new OptionError(
      `--filter, --shape and --variant leave none of ${all.length} kernels; --filter '' --variant all has them all`,
    );
  return found;
}

function keep(report: Report, { out, json }: BenchOptions): void {
  const stem = join(out, `kernels-${stamp(report.machine.date)}`);
  saveJson(json ?? `${stem}.json`, report);
  for (const [name, svg] of Object.entries(drawCharts(report))) save(`${stem}-${name}.svg`, svg);
}
