import { Random } from '../core/random.ts';
import type { Dataset } from '../data/dataset.ts';
import { pick } from '../data/pick.ts';
import type { TrialData } from './train.ts';

/** Validation data of fewer samples are not parted: either half would tell too little. */
const LEAST_TO_PART = 400;
/** The same for every study, so that one that goes on finds its parts again. */
const SEED = 20_261_130;

/**
 * Parts validation data into what trials are chosen by and what is kept back for confirmations: halves, class by class, by a fixed
 * seed. With hundreds of networks tried on the same images the best of them owes a part of its accuracy to these images. Fewer than
 * 400 samples stay whole.
 */
export function keptBack(validation: Dataset): Pick<TrialData, 'validation' | 'confirmation'> {
  if (validation.size < LEAST_TO_PART) return { validation };
  const classes = new Map<number, number[]>();
  for (let index = 0; index < validation.size; index++) {
    const label = validation.y[index] ?? 0;
    const samples = classes.get(label) ?? [];
    samples.push(index);
    classes.set(label, samples);
  }
  const kept = [...classes].flatMap(([label, samples]) =>
    new Random(SEED, label)
      .permutation(samples.length)
      .slice(0, Math.floor(samples.length / 2))
      .map((place) => samples[place] ?? 0),
  );
  const back = new Set(kept);
  const seen = Array.from({ length: validation.size }, (_, index) => index).filter((index) => !back.has(index));
  return {
    validation: pick(validation, seen, 'validation'),
    confirmation: pick(
      validation,
      [...back].sort((a, b) => a - b),
      'confirmation',
    ),
  };
}
