// The smallest file that still holds an accuracy, with its arguments checked.
import * as chains from '../chain/compress.ts';
import type { CompressData, CompressOptions, TrainedNetwork } from '../chain/options.ts';
import * as options from '../chain/options.ts';
import { type ChainRecord, type ChainSummary, summaryOf } from '../chain/trial.ts';
import { checked, checkedAsync, LIST, NUMBER, RECORD, recordWith } from '../core/arguments.ts';
import { DATASET } from '../data/kind.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { GPU } from '../gpu/kind.ts';
import { MODEL, WEIGHTS } from '../model/kind.ts';

const kinds = () => ({
  network: recordWith({ model: MODEL, weights: WEIGHTS }),
  data: recordWith({ train: DATASET, validation: DATASET }),
  options: RECORD,
});

/**
 * Looks for the chain of steps (weights of few bits, and what else makes a network's file smaller, each trained for) by which the file of a
 * trained network is smallest while its accuracy, measured on what the file decodes to, holds `floor`: the one-sided 95% bound over the
 * seeds of fine-tuning lies above it. Steps are screened from one seed on validation data, then the smallest trained from all, on
 * `data.confirmation` where there is such. Yields each trial, and in the end what leaves, or nothing where the network itself does not
 * hold the floor. Throws an OptionError that names the first option that is wrong, and a ShapeError for weights of another model.
 */
export const compress: (
  gpu: Gpu,
  network: TrainedNetwork,
  data: CompressData,
  options: CompressOptions,
) => AsyncGenerator<chains.CompressStep, void, undefined> = /* @__PURE__ */ checked(
  'compress(gpu, { model, weights }, { train, validation, test }, { floor: 0.98 })',
  () => ({ gpu: GPU, ...kinds() }),
  chains.compress,
);

/** What, beside chain and seeds, decides what a trial of `compress` comes to: for `openChainStudy`. */
export const compressContext: (network: TrainedNetwork, data: CompressData, options: CompressOptions) => Promise<object> =
  /* @__PURE__ */ checkedAsync(
    'compressContext({ model, weights }, { train, validation }, { floor: 0.98 })',
    kinds,
    options.compressContext,
  );

/** Steps, bytes and accuracy of a trial of `compress`, and whether it is shown to hold a floor. */
export const chainSummary: (record: ChainRecord, floor: number) => ChainSummary = /* @__PURE__ */ checked(
  'chainSummary(record, 0.98)',
  () => ({ record: recordWith({ chain: LIST, outcome: RECORD }), floor: NUMBER }),
  summaryOf,
);

export { MemoryChainStudy } from '../chain/study.ts';
