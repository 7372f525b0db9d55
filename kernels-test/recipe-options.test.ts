import { DEFAULT_SETUP, digits, searchProblem } from 'paredown/node';
import { expect, test } from 'vitest';
import { optimizer, optimizerOf, optimizerText } from '../src/cli/common/training/optimizers.ts';
import { recipeSchedule, schedule, scheduleText } from '../src/cli/common/training/schedules.ts';

const { recipes } = searchProblem(digits({ train: 1000, test: 100 }), { floor: 0.9 });

test('every optimizer and schedule that a search chooses from can be typed, and is the same again', () => {
  for (const { optimizer: spec } of recipes?.optimizer ?? []) {
    const { learningRate: _, ...again } = optimizerOf(optimizer(optimizerText(spec)), 1);
    expect(again, optimizerText(spec)).toEqual(spec);
  }
  for (const chosen of recipes?.schedule ?? []) expect(recipeSchedule(schedule(scheduleText(chosen)))).toEqual(chosen);
});

test('what is usual is left out', () => {
  expect(optimizerText(DEFAULT_SETUP.optimizer)).toBe('adam');
  expect(recipes?.optimizer?.map(({ optimizer: spec }) => optimizerText(spec))).toEqual([
    'adam',
    'adamw,decays=weights',
    'rmsprop',
    'sgd,nesterov=true',
  ]);
  expect(optimizerText({ type: 'sgd', momentum: 0 })).toBe('sgd,momentum=0');
  expect(recipes?.schedule?.map(scheduleText)).toEqual(['cosine', 'one-cycle=0.1', 'one-cycle', 'warm-restarts']);
  expect(scheduleText({ type: 'warmRestarts', cycles: 4 })).toBe('warm-restarts=4x1');
});

test.each([
  ['lion', /must be adam or adamw or rmsprop or sgd/],
  ['sgd,nesterov', /'nesterov' must be a name and a value, such as sgd,nesterov=true/],
  ['sgd,beta1=0.9', /sgd: unknown option 'beta1'/],
  ['adam,beta1=2', /beta1/],
  ['adam,learningRate=1', /learningRate is an option of its own/],
])('the optimizer %s is refused', (text, message) => expect(() => optimizer(text)).toThrow(message));

test.each(['step', 'one-cycle=1', 'one-cycle=', 'warm-restarts=0x2', 'warm-restarts=3'])('the schedule %s is refused', (text) =>
  expect(() => schedule(text)).toThrow(/must be cosine or one-cycle or warm-restarts/),
);
