import { computed, effect, signal } from '@preact/signals';
import type { Recipe } from '../../engine/calls.ts';
import { data, recipe } from '../state.ts';
import { checkRecipe, type TypedRecipe, typedOf } from './recipe-check.ts';

/** The recipe as it is typed, right or wrong. */
export const typed = signal<TypedRecipe>(typedOf(recipe.value));

export const checkedRecipe = computed(() => {
  const { train = 10_000, inputShape = [28, 28] } = data.value ?? {};
  return checkRecipe(typed.value, train, Math.min(inputShape[0] ?? 1, inputShape[1] ?? 1));
});

export const setRecipe = (to: Recipe): void => {
  typed.value = typedOf(to);
};

// What is right is what is trained by.
effect(() => {
  const { recipe: whole } = checkedRecipe.value;
  if (whole) recipe.value = whole;
});

/** Few images want small batches: what is too large for the data is made as large as they allow. */
effect(() => {
  const facts = data.value;
  const batch = Number(typed.peek().batch);
  if (facts && batch > facts.train) typed.value = { ...typed.peek(), batch: String(Math.min(64, facts.train)) };
});
