// The same steps in other engines, by turns with ours: npm run bench:peers -- --help
import { join } from 'node:path';
import { Table, terminalWidth } from '../src/cli/common/fitted-table.ts';
import { openGpu } from '../src/node.ts';
import { comparisonOf, comparisonOptions, parsed, positiveNumber, runProgram } from './common/arguments.ts';
import { digits } from './common/figures.ts';
import { machineLine, machineOf } from './common/machine.ts';
import { saveJson, stamp } from './common/save.ts';
import { median } from './common/statistics.ts';
import { ENGINES, PEER_WORKLOADS, type PeerTimes, runEngine } from './peers/engines.ts';
import { installPeers, peerVersions } from './peers/install.ts';
import { peerColumns, peerRows } from './peers/ratios.ts';

const HELP = `npm run bench:peers -- [options]

Times training steps of W1 to W4 (bench/workloads.ts) and inference of W1 in paredown, jax-js and tfjs on webgpu, and in onnxruntime-web
(inference, WebAssembly), by turns, each in a process of its own, over the same Dawn; the loss is read at every step. The other engines
are installed into bench/peers when this is first run.

  --workload REGEX  which of W1, W2, W3, W4 [all]
  --engine REGEX    which of ${ENGINES.join(', ')} [all]
  --rounds N        how often each is measured [2]
  --seconds N       time for the steps of a process [10]
  --nap MS          the peers' pause a turn of the event loop, which makes them fastest on a software driver; 0: as they ship [0.2]
  --out DIR         where the JSON goes [bench/out]
  --json FILE       the JSON's place [DIR/peers-DATE.json]
  --help

Exit code 2: an option was wrong.`;

await runProgram(async (args) => {
  const values = parsed(args, 'npm run bench:peers', {
    ...comparisonOptions('10'),
    nap: { type: 'string', default: '0.2' },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const { workload, engine, rounds, milliseconds: trainMs } = comparisonOf(values);
  const nap = values.nap === '0' ? 0 : positiveNumber('--nap', values.nap);

  installPeers();
  const versions = peerVersions();
  const machine = await describeMachine();
  console.log(machineLine(machine));
  console.log(
    `${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}; peers with NAP=${nap}\n`,
  );
  const found: PeerTimes[] = [];
  for (let round = 1; round <= rounds; round++)
    for (const name of PEER_WORKLOADS.filter((one) => workload.test(one)))
      for (const peer of ENGINES.filter((one) => engine.test(one))) {
        const times = await runEngine(peer, name, { nap, trainMs, inferMs: trainMs / 2 });
        for (const { what, times: all } of times)
          console.log(`round ${round}, ${name} ${what}, ${peer}: median ${digits(median(all))} ms of ${all.length}`);
        found.push(...times);
      }
  const rows = peerRows(found);
  const order = (workloadName: string, what: string) => `${workloadName} ${what.startsWith('train') ? 0 : what.length}`;
  const sorted = [...rows].sort((a, b) => order(a.workload, a.what).localeCompare(order(b.workload, b.what)));
  const table = new Table(peerColumns, rows, terminalWidth());
  console.log(`\nMedians over all rounds\n${[table.header(), ...sorted.map((row) => table.row(row))].join('\n')}\n`);
  const path = values.json ?? join(values.out, `peers-${stamp(machine.date)}.json`);
  saveJson(path, { format: 1, program: 'paredown peers', machine, versions, nap, rounds, rows: sorted, times: found });
  return 0;
});

async function describeMachine() {
  await using gpu = await openGpu();
  return machineOf(gpu);
}
