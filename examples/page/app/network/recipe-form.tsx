import type { TypedRecipe } from './recipe-check.ts';
import { checkedRecipe, typed } from './recipe-state.ts';

const NUMBERS = [
  ['epochs', 'Epochs'],
  ['batch', 'Images a step (batch)'],
  ['learningRate', 'Learning rate'],
  ['seed', 'Seed of weights and order'],
  ['shift', 'Moved at random, pixels'],
  ['rotation', 'Turned at random, degrees'],
] as const;

/** How the network is trained; what is wrong is said beside the field, and the last whole recipe counts. */
export function RecipeForm() {
  const { problems } = checkedRecipe.value;
  const set = (change: Partial<TypedRecipe>) => {
    typed.value = { ...typed.value, ...change };
  };
  return (
    <div class="recipe">
      <label>
        Optimizer
        <select
          value={typed.value.optimizer}
          onChange={({ currentTarget }) => set({ optimizer: currentTarget.value as TypedRecipe['optimizer'] })}
        >
          <option value="adam">Adam</option>
          <option value="adamW">AdamW</option>
          <option value="rmsprop">RMSprop</option>
          <option value="sgd">SGD, momentum 0.9</option>
        </select>
      </label>
      {NUMBERS.map(([name, label]) => (
        <label key={name}>
          {label}
          <input
            inputMode="decimal"
            value={typed.value[name]}
            aria-invalid={problems[name] !== undefined}
            aria-describedby={`problem-${name}`}
            onInput={({ currentTarget }) => set({ [name]: currentTarget.value })}
          />
          <span class="error problem" id={`problem-${name}`} aria-live="polite">
            {problems[name] ?? ''}
          </span>
        </label>
      ))}
      <label>
        Mirrored at random
        <select
          value={typed.value.flip}
          onChange={({ currentTarget }) => set({ flip: currentTarget.value as TypedRecipe['flip'] })}
        >
          <option value="">never</option>
          <option value="horizontal">left to right</option>
          <option value="vertical">top to bottom</option>
          <option value="both">both ways</option>
        </select>
      </label>
      <p class="soft">The rate falls to 0 by a cosine. Digits do not want mirroring: a mirrored 2 is no 2.</p>
    </div>
  );
}
