import { Random } from '../../src/core/random.ts';
import { describe } from '../../src/model/describe.ts';
import type { Model } from '../../src/model/types.ts';
import { mutateModel } from '../../src/search/space/mutate.ts';
import { drawPattern } from '../../src/search/space/patterns.ts';
import { sampleModel } from '../../src/search/space/sample.ts';
import { simplest } from '../../src/search/space/simplest.ts';
import { DEFAULT_SPACE } from '../../src/search/space/space.ts';

const INPUT = [28, 28, 1] as const;
const CLASSES = 10;
const FLOOR = 0.97;
/** As evolve draws and changes them. */
const PATTERNED = 0.7;
const AGAIN = 0.35;
/** Narrow ones descend: networks wider than so are not what a search trains for long. */
const MOST_PARAMETERS = 20_000;

/** Networks as evolve comes to them: a third drawn, then changes of any that are there. The same for the same seed. */
export function searchedNetworks(count: number, seed: number): Model[] {
  const random = new Random(seed, 0);
  const found: Model[] = [];
  const drawn = Math.ceil(count / 3);
  while (found.length < drawn) {
    const pattern =
      random.uniform() < PATTERNED
        ? drawPattern(DEFAULT_SPACE, { input: INPUT, classes: CLASSES, floor: FLOOR }, random)
        : undefined;
    add(found, pattern ?? sampleModel(DEFAULT_SPACE, INPUT, CLASSES, random));
  }
  while (found.length < count) {
    let model = found[random.below(found.length)];
    do model = model && mutateModel(model, DEFAULT_SPACE, random)?.model;
    while (random.uniform() < AGAIN);
    if (model) add(found, model);
  }
  return found;
}

function add(found: Model[], drawn: Model): void {
  const model = simplest(drawn);
  if (describe(model).parameters <= MOST_PARAMETERS) found.push(model);
}
