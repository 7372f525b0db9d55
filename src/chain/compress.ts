import { Steps } from '../core/steps.ts';
import type { Dataset } from '../data/dataset.ts';
import { datasetHash } from '../data/hash.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { Attempts } from './attempts.ts';
import type { Chain } from './chain.ts';
import { ChainClock } from './clock.ts';
import { descent } from './descent.ts';
import {
  type CompressData,
  type CompressOptions,
  checkNetwork,
  compressContext,
  compressSettings,
  type TrainedNetwork,
} from './options.ts';
import { accuraciesOf } from './run.ts';
import { MemoryChainStudy } from './study.ts';
import { taught } from './teacher.ts';
import { bestCopy, bytesOf, type ChainRecord, holdsTheFloor } from './trial.ts';

/** The file that leaves. */
export interface Compressed {
  readonly record: ChainRecord;
  /** Index of its seed: the best on validation data. */
  readonly copy: number;
  /** As `encodeCompressed` writes it: other formats are made of what `decodeModel` gives of it. */
  readonly file: Uint8Array;
  /** Accuracy of the file of each seed, where there are test data. */
  readonly test?: readonly number[];
}

export type CompressStep =
  | {
      readonly type: 'trial';
      readonly record: ChainRecord;
      /** What is smallest of all that is shown to hold the floor. */
      readonly smallest?: ChainRecord;
    }
  | {
      readonly type: 'conclusion';
      /** Undefined where nothing holds the floor. */
      readonly compressed?: Compressed;
      /** Smaller ones that reach the floor from one seed, and were not tried from all, since the budget was spent. */
      readonly unconfirmed: readonly ChainRecord[];
    };

/** How far above the floor a single seed should reach: the usual distance of a mean from its bound over five seeds. */
const GAP = 0.0025;

/**
 * Looks for the chain of steps that makes the file of a trained network smallest while it holds the floor: steps are screened from one
 * seed, and then what is smallest is trained from all, the next larger one where that does not hold. A study goes on where it was.
 */
export function compress(
  gpu: Gpu,
  network: TrainedNetwork,
  data: CompressData,
  options: CompressOptions,
): AsyncGenerator<CompressStep, void, undefined> {
  compressSettings(data, options);
  checkNetwork(network, data);
  return new Steps(compressing(gpu, network, data, options), 'const step of compress(...)');
}

async function* compressing(
  gpu: Gpu,
  network: TrainedNetwork,
  data: CompressData,
  options: CompressOptions,
): AsyncGenerator<CompressStep, void, undefined> {
  const { study = new MemoryChainStudy(), minutes, onBegin, signal } = options;
  const { floor, format, seeds, tuning } = compressSettings(data, options);
  const { validation, confirmation, test } = data;
  const { input } = network;
  const clock = new ChainClock(minutes, study.records, seeds.length);
  const train = tuning.distillation ? await taught(gpu, network, data.train, signal) : data.train;
  const run = { gpu, network, train, validation, ...(confirmation && { confirmation }), format, tuning, input, signal };
  const context = await compressContext(network, data, options);
  const attempts = new Attempts({ run, context, study, clock, floor, onBegin });
  const told = (record: ChainRecord): CompressStep => {
    const { smallest } = attempts;
    return { type: 'trial', record, ...(smallest && { smallest }) };
  };

  const tried = async function* (chain: Chain, of: readonly number[]): AsyncGenerator<CompressStep, ChainRecord, undefined> {
    const steps = attempts.of(chain, of);
    for (let step = await steps.next(); ; step = await steps.next()) {
      if (step.done) return step.value;
      yield told(step.value);
    }
  };

  const start = yield* tried([], []);
  const reached: ChainRecord[] = [];
  if (attempts.smallest) {
    const target = Math.min(floor + GAP, (1 + floor) / 2);
    const steps = descent(start, { attempts, clock, format, target, seed: seeds.length + 1 });
    for (let step = await steps.next(); ; step = await steps.next()) {
      if (step.done) {
        reached.push(...step.value);
        break;
      }
      yield told(step.value);
    }
  }
  const unconfirmed: ChainRecord[] = [];
  for (const screened of reached.sort((a, b) => bytesOf(a) - bytesOf(b))) {
    if (!attempts.costsNothing(screened.chain, seeds) && !clock.allowsConfirming(screened)) {
      unconfirmed.push(screened);
      continue;
    }
    const record = yield* tried(screened.chain, seeds);
    if (holdsTheFloor(record, floor)) break;
  }
  const { smallest } = attempts;
  if (!smallest) {
    yield { type: 'conclusion', unconfirmed };
    return;
  }
  const files = await attempts.files(smallest);
  const copy = bestCopy(smallest);
  const file = files[copy];
  if (!file) throw new Error('What holds the floor has files');
  const tested = test && { test: await testAccuracies(smallest, files, test) };
  yield { type: 'conclusion', compressed: { record: smallest, copy, file, ...tested }, unconfirmed };

  /** The test set is looked at once for what leaves, however often the study is gone on with. */
  async function testAccuracies({ key }: ChainRecord, own: readonly Uint8Array[], data: Dataset): Promise<readonly number[]> {
    const testHash = await datasetHash(data);
    const known = study.looks.find((look) => look.key === key && look.testHash === testHash);
    if (known) return known.accuracy;
    const accuracy = await accuraciesOf(gpu, own, data, signal);
    await study.addLook({ key, testHash, accuracy, date: new Date().toISOString() });
    return accuracy;
  }
}
