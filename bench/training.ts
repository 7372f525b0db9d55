// Milliseconds of a training step, and what it costs beside: npm run bench:training -- --help
import { join } from 'node:path';
import { type Column, Table, terminalWidth } from '../src/cli/common/fitted-table.ts';
import * as paredown from '../src/node.ts';
import { runProgram } from './common/arguments.ts';
import { digits, percent } from './common/figures.ts';
import { type Machine, machineLine, machineOf } from './common/machine.ts';
import { saveJson, stamp } from './common/save.ts';
import { relativeSpread } from './common/statistics.ts';
import { measureTraining, type TrainingRow } from './training/measure.ts';
import { HELP, readOptions, type TrainingOptions } from './training/options.ts';
import { measureStartup, type Startup, startupLine } from './training/startup.ts';
import { WORKLOADS } from './workloads.ts';

interface Report {
  readonly format: 1;
  readonly program: 'paredown training';
  readonly machine: Machine;
  readonly precision: string;
  readonly tune: string;
  readonly rows: readonly TrainingRow[];
  readonly startup: readonly Startup[];
}

// Dawn rounds timestamps to 0.1 ms unless it is told not to.
process.env.PAREDOWN_DAWN_TOGGLES ??= 'disable-dawn-features=timestamp_quantization';

const megabytes = (bytes: number | undefined) => (bytes === undefined ? '' : (bytes / 1e6).toFixed(1));
const columns: readonly Column<TrainingRow>[] = [
  { title: 'network', align: 'left', text: ({ workload }) => workload },
  { title: 'batch', text: ({ batch }) => String(batch) },
  { title: 'bits', text: ({ bits }) => bits },
  { title: 'replicas', text: ({ replicas }) => String(replicas) },
  { title: 'ms a step', text: ({ every }) => digits(every?.median) },
  { title: 'least', rank: 1, text: ({ every }) => digits(every?.least) },
  { title: '±', rank: 3, text: ({ every }) => (every ? `${Math.round(100 * relativeSpread(every))}%` : '') },
  { title: 'read each 100th', text: ({ hundredth }) => digits(hundredth?.median) },
  { title: 'GPU ms', rank: 5, text: ({ gpuMs }) => digits(gpuMs) },
  { title: 'GPU', text: ({ gpuShare }) => percent(gpuShare) },
  { title: 'ms a replica', rank: 2, text: ({ every, replicas }) => digits(every && every.median / replicas) },
  { title: 'dispatches', rank: 4, text: ({ dispatches }) => String(dispatches ?? '') },
  { title: 'MB activations', rank: 6, text: ({ activationBytes }) => megabytes(activationBytes) },
  { title: 'MB parameters', rank: 7, text: ({ parameterBytes }) => megabytes(parameterBytes) },
  {
    title: 'first step, s',
    rank: 8,
    text: ({ firstStepMs }) => (firstStepMs === undefined ? '' : (firstStepMs / 1000).toFixed(2)),
  },
];

/** No row is wider than this. */
const WIDEST: TrainingRow = {
  workload: 'condensenet',
  batch: 256,
  replicas: 16,
  bits: 'float',
  every: { median: 12_345, least: 12_345, lowerQuartile: 0, upperQuartile: 24_690, repeats: 1 },
  gpuMs: 12_345,
  gpuShare: 1,
};

await runProgram(async (args) => {
  const options = readOptions(args);
  if (options.help) console.log(HELP);
  else await run(options);
  return 0;
});

async function run(options: TrainingOptions): Promise<void> {
  const { precision, tune } = options;
  const machine = await describeMachine();
  console.log(`${machineLine(machine)}\nAdam, precision ${precision}, tune ${tune}; medians\n`);
  const table = new Table(columns, [WIDEST], terminalWidth());
  console.log(table.header());
  const rows: TrainingRow[] = [];
  for (const workload of options.workloads) {
    for (const bits of options.bits) {
      let single: number | undefined;
      for (const replicas of options.replicas ?? WORKLOADS[workload].replicas) {
        // A device of its own, whose memory goes with it.
        await using gpu = await paredown.openGpu();
        const row = await measureTraining(gpu, workload, replicas, bits, options, single);
        single ??= row.every && row.every.median / replicas;
        rows.push(row);
        console.log(table.row(row));
        if (row.note) console.log(`  ${row.note}`);
      }
    }
  }
  const startup: Startup[] = [];
  for (const workload of options.startup ? options.workloads : []) {
    const found = await measureStartup(workload);
    console.log(
      `${startup.length === 0 ? '\n' : ''}${found ? startupLine(found) : 'start-up: not measured, as dist/ is not there'}`,
    );
    if (found) startup.push(found);
    else break;
  }
  console.log('');
  const report: Report = { format: 1, program: 'paredown training', machine, precision, tune, rows, startup };
  saveJson(options.json ?? join(options.out, `training-${stamp(machine.date)}.json`), report);
}

async function describeMachine(): Promise<Machine> {
  await using gpu = await paredown.openGpu();
  return machineOf(gpu);
}
