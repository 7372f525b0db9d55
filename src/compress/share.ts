import { refuseUnknown } from '../core/arguments.ts';
import { DataError, OptionError } from '../core/errors.ts';
import { checkSeed, Random } from '../core/random.ts';
import { shown } from '../core/shown.ts';
import type { Value } from '../core/value.ts';
import type { Weights } from '../model/weights.ts';
import { type PerTensor, perTensor } from './per-tensor.ts';

export interface ShareOptions {
  /** Numbers in the code book of a tensor, zero not counted, from 1 to 65,535. */
  readonly clusters?: PerTensor;
  /** Instead of them: 2^bits of them, from 1 to 15 bits. */
  readonly bits?: PerTensor;
  /** Where the numbers of a book begin: evenly spaced, at quantiles of the weights, or at weights drawn at random ['linear']. */
  readonly init?: 'linear' | 'density' | 'random';
  /** Of what is drawn [0]. */
  readonly seed?: number;
}

/** By the name of a parameter the number in its code book of each element, 0 of those that are 0. */
export type Sharing = ReadonlyMap<string, Uint16Array>;

export interface Shared {
  readonly weights: Weights;
  readonly sharing: Sharing;
}

const MOST_CLUSTERS = 2 ** 16 - 1;
/** Lloyd's steps after which a book is taken as it is; it changes little then. */
const MOST_STEPS = 300;
const INITS = ['linear', 'density', 'random'] as const;

/**
 * Weights that share few numbers: of each filter and matrix those of a code book, by k-means over what is not 0 (S. Han et al., "Deep
 * compression", ICLR 2016), which stays 0. A trainer with `sharing` trains the numbers of the books. The same for the same arguments in
 * every engine. Throws an OptionError for options that are unknown or wrong, a DataError for weights that are not finite.
 */
export function share(weights: Weights, options: ShareOptions): Shared {
  refuseUnknown('share', options, ['clusters', 'bits', 'init', 'seed']);
  const { clusters, bits, init = 'linear', seed = 0 } = options;
  if ((clusters === undefined) === (bits === undefined))
    throw new OptionError(`share: give either bits or clusters, such as { bits: 5 }, got ${shown(options)}`);
  if (!INITS.includes(init)) throw new OptionError(`share: init must be 'linear', 'density' or 'random', got ${shown(init)}`);
  checkSeed('share', seed);
  const names = [...weights.keys()];
  const isCount = (most: number) => (n: number) => Number.isInteger(n) && n >= 1 && n <= most;
  const wanted =
    bits === undefined
      ? perTensor('share: clusters', clusters, `from 1 to ${MOST_CLUSTERS}`, isCount(MOST_CLUSTERS), names)
      : perTensor('share: bits', bits, 'from 1 to 15', isCount(15), names);
  const sharing = new Map<string, Uint16Array>();
  const shared = names.map((name, index): [string, Value] => {
    const value = weights.get(name) ?? { shape: [], data: new Float32Array() };
    const count = wanted.get(name);
    if (count === undefined) return [name, value];
    if (!value.data.every(Number.isFinite)) throw new DataError(`share: '${name}' has weights that are not finite`);
    const book = codeBook(value.data, bits === undefined ? count : 2 ** count, init, new Random(seed, index));
    const codes = value.data.map((weight) => (weight === 0 ? 0 : 1 + nearest(book, weight)));
    sharing.set(name, Uint16Array.from(codes));
    return [name, { shape: value.shape, data: Float32Array.from(codes, (code) => book[code - 1] ?? 0) }];
  });
  return { weights: new Map(shared), sharing };
}

/** The numbers, ascending, that Lloyd's steps end with, each that of some weight. */
function codeBook(data: Float32Array, clusters: number, init: (typeof INITS)[number], random: Random): Float32Array {
  const sorted = data.filter((weight) => weight !== 0).sort();
  const distinct = sorted.filter((weight, at) => weight !== sorted[at - 1]);
  if (distinct.length <= clusters) return distinct;
  let book = firstBook(sorted, distinct, clusters, init, random);
  for (let step = 0; step < MOST_STEPS; step++) {
    const next = means(sorted, book);
    if (next.every((value, at) => value === book[at])) break;
    book = next;
  }
  // A number that no weight is nearest to is left out, as is one that rounds to another or to zero.
  const used = new Set(Array.from(sorted, (weight) => nearest(book, weight)));
  const kept = Float32Array.from(
    [...used].sort((a, b) => a - b),
    (at) => book[at] ?? 0,
  );
  return kept.filter((value, at) => value !== 0 && value !== kept[at - 1]);
}

function firstBook(
  sorted: Float32Array,
  distinct: Float32Array,
  clusters: number,
  init: (typeof INITS)[number],
  random: Random,
): Float64Array {
  const [least, most] = [sorted[0] ?? 0, sorted.at(-1) ?? 0];
  switch (init) {
    case 'linear':
      return Float64Array.from({ length: clusters }, (_, at) =>
        clusters === 1 ? (least + most) / 2 : least + ((most - least) * at) / (clusters - 1),
      );
    case 'density':
      return Float64Array.from({ length: clusters }, (_, at) => sorted[Math.floor(((at + 0.5) * sorted.length) / clusters)] ?? 0);
    case 'random':
      return Float64Array.from(random.permutation(distinct.length).slice(0, clusters), (at) => distinct[at] ?? 0).sort();
  }
}

/** The mean of the weights that are nearest to each number, which stays where none is. */
function means(sorted: Float32Array, book: Float64Array): Float64Array {
  const next = book.slice();
  let at = 0;
  for (let cluster = 0; cluster < book.length; cluster++) {
    const border = ((book[cluster] ?? 0) + (book[cluster + 1] ?? Number.POSITIVE_INFINITY)) / 2;
    let [sum, count] = [0, 0];
    for (; at < sorted.length && (sorted[at] ?? 0) <= border; at++, count++) sum += sorted[at] ?? 0;
    if (count > 0) next[cluster] = sum / count;
  }
  return next;
}

/** Which of ascending numbers is nearest; of two the lower. */
function nearest(book: Float32Array | Float64Array, weight: number): number {
  let [low, high] = [0, book.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (weight <= ((book[middle] ?? 0) + (book[middle + 1] ?? 0)) / 2) high = middle;
    else low = middle + 1;
  }
  return low;
}
