// Training steps in other engines of WebGPU than Dawn in Node, by turns with it: npm run bench:engines -- --help
import { join } from 'node:path';
import { Table, terminalWidth } from '../src/cli/common/fitted-table.ts';
import { openGpu } from '../src/node.ts';
import { comparisonOf, comparisonOptions, parsed, runProgram } from './common/arguments.ts';
import { digits } from './common/figures.ts';
import { machineLine, machineOf } from './common/machine.ts';
import { saveJson, stamp } from './common/save.ts';
import { median } from './common/statistics.ts';
import { engineColumns, engineRows, MOST } from './engines/ratios.ts';
import { DENO, ENGINES, type EngineTimes, runEngine } from './engines/run.ts';

const HELP = `npm run bench:engines -- [options]

Trains W1 to W4 (bench/workloads.ts) in Node (Dawn), Deno and Firefox (wgpu) and Chromium (Dawn on SwiftShader, which is another driver), by
turns, each in a process of its own with an empty shader cache: the time to the first step, a step whose loss is read before the next, and
one where only each 100th loss (W1: each 10th) is read. Deno comes as the npm package ${DENO}; browsers are those in PATH, or what FIREFOX and CHROME name.

  --workload REGEX  which of W1, W2, W3, W4 [all]
  --engine REGEX    which of ${ENGINES.join(', ')} [all]
  --rounds N        how often each is measured [2]
  --seconds N       time for the steps of each kind, at least two of each [5]
  --out DIR         where the JSON goes [bench/out]
  --json FILE       the JSON's place [DIR/engines-DATE.json]
  --help

'!' marks what takes more than ${MOST} times Node's time. Exit code 2: an option was wrong.`;

/** Every so many-th loss is read: a step of W1 takes a hundred times as long. */
const GROUP = { W1: 10, W2: 100, W3: 100, W4: 100 } as const;
const NAMES = Object.keys(GROUP) as (keyof typeof GROUP)[];

await runProgram(async (args) => {
  const values = parsed(args, 'npm run bench:engines', comparisonOptions('5'));
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const { workload, engine, rounds, milliseconds: stepsMs } = comparisonOf(values);

  const machine = await describeMachine();
  console.log(`${machineLine(machine)}\n`);
  const found: (EngineTimes & { readonly workload: keyof typeof GROUP })[] = [];
  for (let round = 1; round <= rounds; round++)
    for (const name of NAMES.filter((one) => workload.test(one)))
      for (const one of ENGINES.filter((candidate) => engine.test(candidate))) {
        const times = await runEngine(one, name, { stepsMs, group: GROUP[name] });
        found.push({ workload: name, ...times });
        console.log(
          `round ${round}, ${name}, ${times.version}, ${times.adapter} (${times.kind}): first step after ${(times.firstMs / 1000).toFixed(2)} s, ` +
            `then ${digits(median(times.every))} ms, each ${GROUP[name]}th read ${digits(median(times.grouped))} ms`,
        );
      }
  const rows = engineRows(found).sort((a, b) => a.workload.localeCompare(b.workload));
  const table = new Table(engineColumns, rows, terminalWidth());
  console.log(`\nMedians over all rounds\n${[table.header(), ...rows.map((row) => table.row(row))].join('\n')}\n`);
  const path = values.json ?? join(values.out, `engines-${stamp(machine.date)}.json`);
  saveJson(path, { format: 1, program: 'paredown engines', machine, rounds, rows, times: found });
  return 0;
});

async function describeMachine() {
  await using gpu = await openGpu();
  return machineOf(gpu);
}
