// What a search of small networks compiles, kernel by kernel: npm run bench:compilation -- --help
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Column, Table, terminalWidth } from '../src/cli/common/fitted-table.ts';
import * as paredown from '../src/node.ts';
import { parsed, positiveInteger, runProgram } from './common/arguments.ts';
import { digits } from './common/figures.ts';
import { machineLine, machineOf } from './common/machine.ts';
import { CompileTimer } from './compilation/compile-timer.ts';
import { searchedNetworks } from './compilation/networks.ts';

const HELP = `npm run bench:compilation -- [options]

Plans trainers and evaluations of networks as a search draws and changes them, in one process whose driver's shader cache is empty, and
times the compilation of each kernel that no network before had: a dispatch over no workgroups, waited for.

  --networks N       how many [30]
  --seed N           what they are drawn from [1]
  --replicas LIST    replicas that each is trained with, in turn [3,1]
  --batch N          samples of a step [64]
  --texts DIR        writes each kernel's text there [nowhere]
  --help

Exit code 2: an option was wrong.`;

interface Row {
  readonly name: string;
  readonly asked: number;
  readonly texts: number;
  readonly ms: number;
}

const columns: readonly Column<Row>[] = [
  { title: 'kernel', align: 'left', text: ({ name }) => name },
  { title: 'asked for', text: ({ asked }) => String(asked) },
  { title: 'compiled', text: ({ texts }) => String(texts) },
  { title: 'ms', text: ({ ms }) => String(Math.round(ms)) },
  { title: 'ms each', text: ({ ms, texts }) => digits(ms / texts) },
];

await runProgram(async (args) => {
  const values = parsed(args, 'npm run bench:compilation', {
    networks: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    replicas: { type: 'string', default: '3,1' },
    batch: { type: 'string', default: '64' },
    texts: { type: 'string' },
    help: { type: 'boolean', default: false },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const cache = await mkdtemp(join(tmpdir(), 'paredown-shaders-'));
  process.env.MESA_SHADER_CACHE_DIR = cache;
  process.env.__GL_SHADER_DISK_CACHE_PATH = cache;
  try {
    await run({
      networks: positiveInteger('--networks', values.networks),
      seed: positiveInteger('--seed', values.seed),
      replicas: values.replicas.split(',').map((one) => positiveInteger('--replicas', one)),
      batch: positiveInteger('--batch', values.batch),
      texts: values.texts,
    });
  } finally {
    await rm(cache, { recursive: true, force: true });
  }
  return 0;
});

interface CompilationOptions {
  readonly networks: number;
  readonly seed: number;
  readonly replicas: readonly number[];
  readonly batch: number;
  readonly texts: string | undefined;
}

async function run({ networks, seed, replicas, batch, texts }: CompilationOptions): Promise<void> {
  await using gpu = await paredown.openGpu();
  console.log(`${machineLine(machineOf(gpu))}\n`);
  const samples = 2 * batch;
  const noise = paredown.dataset({
    name: 'noise',
    inputShape: [28, 28, 1],
    classes: 10,
    x: Uint8Array.from({ length: samples * 784 }, (_, index) => (index * 7919) % 251),
    y: Uint8Array.from({ length: samples }, (_, index) => index % 10),
  });
  const timer = new CompileTimer(gpu, texts);
  const perNetwork: number[] = [];
  for (const model of searchedNetworks(networks, seed)) {
    const before = timer.totalMs;
    for (const copies of replicas) {
      await using trainer = await paredown.trainer(gpu, model, { batch, optimizer: paredown.adam(), seed: 1, replicas: copies });
      await trainer.fit(noise, { steps: 1 });
      if (copies === replicas[0]) await trainer.evaluate(noise);
    }
    perNetwork.push(timer.totalMs - before);
  }
  const rows = timer.rows();
  const all = {
    name: 'all',
    asked: rows.reduce((sum, { asked }) => sum + asked, 0),
    texts: rows.reduce((sum, one) => sum + one.texts, 0),
    ms: timer.totalMs,
  };
  const table = new Table(columns, [...rows, all], terminalWidth());
  console.log(table.header());
  for (const row of [...rows, all]) console.log(table.row(row));
  const late = perNetwork.slice(networks >> 1);
  console.log(
    `\nms a network: ${Math.round(timer.totalMs / networks)}; of the later half ${Math.round(late.reduce((sum, ms) => sum + ms, 0) / late.length)}`,
  );
  console.log(`network by network: ${perNetwork.map(Math.round).join(' ')}`);
}
