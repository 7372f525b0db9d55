import { expect, test } from 'vitest';
import { resultText, startText } from '../src/cli/common/training/display/text.ts';
import type { ResultEvent, StartEvent } from '../src/cli/common/training/events.ts';

const adapter = { vendor: 'v', architecture: 'a', device: 'd', description: 'a device', kind: 'cpu' } as ResultEvent['adapter'];
const hashes = { train: '', validation: '', test: '' };
const data = { name: 'stripes', sizes: { train: 54, validation: 9, test: 9 }, hashes };
const options = (precision: 'f32' | 'mixed') =>
  ({ steps: 27, batch: 8, learningRate: 0.001, seed: 0, data: 'stripes', evaluateEvery: 7, tune: 'off', precision }) as const;
const start = (precision: 'f32' | 'mixed') =>
  ({ adapter, data, options: options(precision), step: 0, out: 'runs/a' }) as unknown as StartEvent;
const result = (precision: 'f32' | 'mixed'): ResultEvent => ({
  type: 'result',
  test: { loss: 0.5, accuracy: 0.9 },
  step: 27,
  steps: 27,
  wallMs: 1000,
  msPerStep: 2,
  adapter,
  data,
  options: options(precision),
  out: 'runs/a',
});

test('what came out tells steps and batch apart', () => {
  expect(resultText(result('f32'))).toMatch(/^steps +27\nbatch +8\nwall time/m);
});

test('mixed precision is told at the beginning and at the end', () => {
  expect(startText(start('mixed'), '')).toMatch(/^training .*, seed 0, mixed precision$/m);
  expect(resultText(result('mixed'))).toMatch(/^precision +mixed$/m);
  expect(startText(start('f32'), '') + resultText(result('f32'))).not.toContain('precision');
});
