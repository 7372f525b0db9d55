// Fewer bytes, with their arguments checked.

import * as coarsening from '../compress/coarsen.ts';
import * as files from '../compress/coded/compressed.ts';
import type { CompressedPart } from '../compress/coded/parts.ts';
import * as factoring from '../compress/factorize.ts';
import * as pruning from '../compress/prune.ts';
import * as filters from '../compress/prune-filters.ts';
import * as sharing from '../compress/share.ts';
import { BYTES, checked, NUMBER, optional, RECORD } from '../core/arguments.ts';
import { CHECKPOINT, type Checkpoint } from '../formats/checkpoint.ts';
import type { Sensitivity } from '../inherit/sensitivity.ts';
import { MODEL, WEIGHTS } from '../model/kind.ts';
import type { Model } from '../model/types.ts';
import type { Weights } from '../model/weights.ts';
import { QUANTIZED } from '../quantize/kind.ts';
import type { QuantizedModel } from '../quantize/types.ts';
import { quantizedOr } from './quantized-or.ts';

/**
 * A model with its weights, or in integers, in as few bytes as they take without loss: `decodeModel` gives the very weights, and, of a
 * network in integers, the integers and scales as `quantized`. Layers, code books, zeros and numbers are range-coded by what comes before
 * them; zeros of a pruned network and the few values of shared weights (`prune`, `share`) are found by themselves. `input`, what the
 * model takes [left out, since it takes bytes], and `about`, any object that JSON keeps [left out]. Throws a ShapeError for weights of
 * another model and an OptionError for an option that is unknown or wrong.
 */
export const encodeCompressed: {
  (model: Model, weights: Weights, options?: files.CompressedOptions): Uint8Array;
  (quantized: QuantizedModel, options?: files.CompressedOptions): Uint8Array;
} = /* @__PURE__ */ quantizedOr(
  0,
  /* @__PURE__ */ checked(
    'encodeCompressed(quantized)',
    () => ({ quantized: QUANTIZED, options: optional(RECORD) }),
    files.encodeCompressedIntegers,
  ),
  /* @__PURE__ */ checked(
    'encodeCompressed(model, await trainer.weights())',
    () => ({ model: MODEL, weights: WEIGHTS, options: optional(RECORD) }),
    files.encodeCompressed,
  ),
);

/**
 * What the parts of a compressed file take in bytes, not whole ones, their sum the file's length: 'header', 'model' (its layers), 'input',
 * 'about', 'activations' (scales), then each parameter with its number of `elements` and the `form` in which they are told: 'floats',
 * 'book' (indices of a code book), 'steps' (multiples of a power of two) or 'integers'. Throws a DataError for what is no such file.
 */
export const compressedParts: (bytes: Uint8Array) => CompressedPart[] = /* @__PURE__ */ checked(
  'compressedParts(encodeCompressed(model, weights))',
  () => ({ bytes: BYTES }),
  files.compressedParts,
);

/**
 * The weights, those of the least magnitude 0: of filters and matrices, not of biases and normalisations. `sparsity`, the share that shall be
 * 0 (from 0 to below 1), or `threshold`, the magnitude below which they become 0; one number, or one each by name. `scope`: the least of
 * each tensor, or of the whole 'network' ['tensor']. A trainer with `pruning: {}` goes on with them and keeps them 0; with
 * `pruning: { sparsity }` it prunes itself. Throws an OptionError for options that are unknown or wrong.
 */
export const prune: (weights: Weights, options: pruning.PruneOptions) => Weights = /* @__PURE__ */ checked(
  'prune(await trainer.weights(), { sparsity: 0.9 })',
  () => ({ weights: WEIGHTS, options: RECORD }),
  pruning.prune,
);

/**
 * Weights that share few numbers: of each filter and matrix those of a code book, by k-means over what is not 0, which stays 0. `bits` (2^bits
 * numbers, from 1 to 15) or `clusters` (1 to 65,535), one number or one each by name; `init`: where the numbers begin, evenly spaced
 * ('linear'), at quantiles ('density') or drawn ('random', by `seed` [0]) ['linear']. Gives the `weights` and `sharing`, which number each
 * element has; a trainer with `sharing` trains the numbers by the sum of their weights' gradients. The same for the same arguments.
 * Throws an OptionError for options that are unknown or wrong, a DataError for weights that are not finite.
 */
export const share: (weights: Weights, options: sharing.ShareOptions) => sharing.Shared = /* @__PURE__ */ checked(
  'share(await trainer.weights(), { bits: 5 })',
  () => ({ weights: WEIGHTS, options: RECORD }),
  sharing.share,
);

/**
 * A model in which dense layers and convolutions are two each, of low rank, by their singular values: `rank`, features between the two, or
 * `energy`, the share of the squares of the singular values that is kept; one number, or one each by a layer's name. `form`: convolutions
 * become a column and a row of the window ('spatial'), or the window and a 1 x 1 ('channels') [whichever has fewer weights]. What would have
 * no fewer weights stays as it is, as do layers whose weights are shared and convolutions in groups. Gives `model`, `weights`, to train
 * on with, and `factorized`: layer, form, rank, energy, and parameters before and after. Throws an OptionError where nothing would become
 * smaller, and a ShapeError for weights of another model. The time goes with the cube of a matrix' smaller side: a second for 784 x 300.
 */
export const factorize: (m: Model, weights: Weights, options: factoring.FactorizeOptions) => factoring.FactorizedModel =
  /* @__PURE__ */ checked(
    'factorize(model, await trainer.weights(), { energy: 0.9 })',
    () => ({ model: MODEL, weights: WEIGHTS, options: RECORD }),
    factoring.factorize,
  );

/**
 * A network without the filters of convolutions and units of dense layers that count least: they are taken out with all that makes, scales
 * and reads them, so that its layers, counts and files are smaller. `share` of them all, wherever they are (from 0 to below 1), or `filters`,
 * how many are left by a layer's name; `importance`, how much each counts, by a layer's name, such as `filterImportance` gives [by
 * magnitude]. A layer keeps one at least; outputs, and what is added to something of another layer, keep their number. Gives `model`,
 * `weights`, to train on with, and `left`. Throws an OptionError where nothing can be taken away, a ShapeError for weights of another model.
 */
export const pruneFilters: (m: Model, weights: Weights, options: filters.PruneFiltersOptions) => filters.PrunedFilters =
  /* @__PURE__ */ checked(
    'pruneFilters(model, await trainer.weights(), { share: 0.5 })',
    () => ({ model: MODEL, weights: WEIGHTS, options: RECORD }),
    filters.pruneFilters,
  );

/**
 * How much the loss depends on each filter and unit of a replica [0], to first order, by the name of its layer: the sum over its weights of
 * (weight x gradient) squared, by the running means of squared gradients that Adam keeps. Throws an OptionError for a checkpoint of
 * another optimizer.
 */
export const filterImportance: (checkpoint: Checkpoint, replica?: number) => Sensitivity = /* @__PURE__ */ checked(
  'filterImportance(await trainer.checkpoint())',
  () => ({ checkpoint: CHECKPOINT, replica: optional(NUMBER) }),
  filters.filterImportance,
);

/**
 * A network in integers whose scales, and biases and the like that are floats, keep `fraction` bits of their fraction [4]: in a small network
 * they take as much as the integers do. Integers of weights stay. It is another network: evaluate it. Throws an OptionError for an option
 * that is unknown or wrong.
 */
export const coarsen: (quantized: QuantizedModel, options?: coarsening.CoarsenOptions) => QuantizedModel =
  /* @__PURE__ */ checked(
    'coarsen(await trainer.quantized(), { fraction: 4 })',
    () => ({ quantized: QUANTIZED, options: optional(RECORD) }),
    coarsening.coarsen,
  );
