import type { OptimizerName, Recipe } from '../../engine/calls.ts';

/** A recipe as it is typed. */
export interface TypedRecipe {
  readonly epochs: string;
  readonly batch: string;
  readonly learningRate: string;
  readonly seed: string;
  readonly optimizer: OptimizerName;
  readonly shift: string;
  readonly rotation: string;
  readonly flip: '' | 'horizontal' | 'vertical' | 'both';
}

/** What is wrong, by field. */
export type RecipeProblems = Partial<Record<keyof TypedRecipe, string>>;

export function typedOf({ epochs, batch, learningRate, seed, optimizer, augment }: Recipe): TypedRecipe {
  const { shift = 0, rotation = 0, flip = '' } = augment;
  return {
    ...{ epochs: String(epochs), batch: String(batch), learningRate: String(learningRate), seed: String(seed) },
    ...{ optimizer, shift: String(shift), rotation: String(rotation), flip },
  };
}

/** The recipe of what was typed, for so many training images of so many pixels a side; or what is wrong with it. */
export function checkRecipe(
  typed: TypedRecipe,
  images: number,
  side: number,
): { readonly recipe?: Recipe; readonly problems: RecipeProblems } {
  const problems: RecipeProblems = {};
  const read = (field: keyof TypedRecipe, least: number, most: number, whole: boolean, what: string): number => {
    const text = typed[field].trim();
    const value = text === '' ? Number.NaN : Number(text);
    if (!(value >= least && value <= most) || (whole && !Number.isInteger(value))) problems[field] = what;
    return value;
  };
  const batchMost = Math.min(images, 4096);
  const shiftMost = Math.max(0, Math.min(32, side - 1));
  const epochs = read('epochs', 1, 10_000, true, 'A whole number from 1 to 10,000.');
  const batch = read(
    'batch',
    1,
    batchMost,
    true,
    `A whole number from 1 to ${batchMost}; there are ${images} images to train on.`,
  );
  const learningRate = read('learningRate', 1e-8, 100, false, 'A number from 0.00000001 to 100, such as 0.005.');
  const seed = read('seed', 0, 2 ** 32 - 1, true, 'A whole number from 0 to 4,294,967,295.');
  const shift = read('shift', 0, shiftMost, true, `Whole pixels from 0 to ${shiftMost}.`);
  const rotation = read('rotation', 0, 180, false, 'Degrees from 0 to 180.');
  if (Object.keys(problems).length > 0) return { problems };
  const { optimizer, flip } = typed;
  const augment = { ...(shift > 0 && { shift }), ...(rotation > 0 && { rotation }), ...(flip !== '' && { flip }) };
  return { recipe: { epochs, batch, learningRate, seed, optimizer, augment }, problems };
}
