// Trains the published baseline network on MNIST and compares what comes out with the paper:
//   npm run baseline                    installs, builds and finds an adapter first
//   tsx examples/baseline.ts --help     once that has been done
import { adam } from 'paredown/node';
import { explain } from '../src/cli/common/failure.ts';
import { grouped } from '../src/cli/common/format.ts';
import { type Beginning, type PreparedRun, runTraining } from '../src/cli/common/training/run.ts';
import { loadData } from './baseline/data.ts';
import { baselineNetwork, PUBLISHED } from './baseline/network.ts';
import { type Given, parseOptions, resumeCommand } from './baseline/options.ts';
import { decide, recordedOptions, reportEvery } from './baseline/plan.ts';

/** Returns the exit code. */
async function main(args: readonly string[]): Promise<number> {
  try {
    const given = parseOptions(args);
    if (!given) return 0;
    const { out, resume, json } = given;
    return await runTraining({ out, resume, json, goOn: resumeCommand(given), prepare: (from) => prepare(given, from) });
  } catch (error) {
    const { message, code } = explain(error);
    process.stderr.write(`${message}\n`);
    return code;
  }
}

async function prepare(given: Given, { gpu, recorded, display, signal }: Beginning): Promise<PreparedRun> {
  const software = gpu.info.kind === 'cpu';
  const wanted = decide(given, recorded && recordedOptions(recorded, given.out), gpu.info.kind);
  if (software && given.steps === undefined && !recorded)
    display.note(
      `A software adapter: ${grouped(wanted.steps)} steps instead of ${grouped(PUBLISHED.steps)} (--steps changes it).`,
    );
  const data = await loadData(wanted, display, signal);
  const { name } = data.train;
  const options = { ...wanted, data: name === 'mnist' ? 'mnist' : 'digits' } as const;
  return {
    options,
    data,
    network: baselineNetwork(),
    training: { optimizer: adam({ learningRate: options.learningRate }) },
    fit: { reportEvery: reportEvery(options.steps, software) },
    title: `Published baseline on ${name}`,
    published: PUBLISHED,
    ...(name !== PUBLISHED.data && {
      warning: `This was trained and tested on ${name}, the built-in set: it says nothing about MNIST.`,
    }),
  };
}

process.exitCode = await main(process.argv.slice(2));
