import type { OptimizerName } from '../../engine/calls.ts';
import { checked } from '../network/draft-state.ts';
import { checkedRecipe } from '../network/recipe-state.ts';
import { count } from '../numbers.ts';
import { data, description, recipe } from '../state.ts';

const OPTIMIZERS: Readonly<Record<OptimizerName, string>> = { adam: 'Adam', adamW: 'AdamW', rmsprop: 'RMSprop', sgd: 'SGD' };

/** What is trained, with the ways to where it is chosen; what is edited and wrong there is said. */
export function Chosen() {
  const { value: facts } = data;
  const { epochs, batch, optimizer, learningRate } = recipe.value;
  const recipeIsWrong = Object.keys(checkedRecipe.value.problems).length > 0;
  return (
    <>
      <dl class="facts">
        <div>
          <dt>Data</dt>
          <dd>
            {facts ? `${facts.name}: ${count(facts.train)} images, ${facts.classNames.length} classes` : '…'}{' '}
            <a href="#/data">Change data</a>
          </dd>
        </div>
        <div>
          <dt>Network</dt>
          <dd>
            {count(description.value.parameters)} parameters, {count(description.value.macs)} multiply-accumulates an image{' '}
            <a href="#/network">Change network</a>
          </dd>
        </div>
        <div>
          <dt>Recipe</dt>
          <dd>
            {epochs} epochs, batches of {batch}, {OPTIMIZERS[optimizer]} at {learningRate} <a href="#/network">Change recipe</a>
          </dd>
        </div>
      </dl>
      {(checked.value.problem || recipeIsWrong) && (
        <p class="notice">
          {checked.value.problem ? 'The network as it is edited is not whole' : 'The recipe as it is typed is not right'}; what is
          told above is trained instead.
        </p>
      )}
    </>
  );
}
