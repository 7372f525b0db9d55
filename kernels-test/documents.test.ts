import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { activationKinds } from '../src/core/activations/registry.ts';
import * as graph from '../src/graph.ts';
import { layerDefinitions } from '../src/model/layers/registry.ts';
import * as paredown from '../src/node.ts';
import { lossNames } from '../src/train/losses/registry.ts';
import { optimizerTypes } from '../src/train/optimizers/registry.ts';

/** The code of docs/api.md: its blocks, and what stands in backticks. */
const code = [...readFileSync(new URL('../docs/api.md', import.meta.url), 'utf8').matchAll(/^```ts\n.*?^```|`[^`\n]+`/gms)]
  .map(([piece]) => piece)
  .join('\n');
const words = new Set(code.match(/[A-Za-z_]\w*/g));

describe('docs/api.md, the whole contract, has', () => {
  test.each([
    ['every layer type', Object.keys(layerDefinitions)],
    ['every activation', activationKinds],
    ['every loss', lossNames],
    ['every optimizer', optimizerTypes],
    ['every operation', paredown.opNames],
    ['every name of paredown and paredown/node', Object.keys(paredown)],
    ['every name of paredown/graph', Object.keys(graph)],
  ] as const)('%s', (_, names) => {
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !words.has(name))).toEqual([]);
  });

  test('how every function of paredown and paredown/node is called', () => {
    const functions = Object.entries(paredown).flatMap(([name, value]) =>
      typeof value === 'function' && !/^class\b/.test(Function.prototype.toString.call(value)) ? [name] : [],
    );
    expect(functions.filter((name) => !new RegExp(`\\b${name}(<[^(]*>)?\\(`).test(code))).toEqual([]);
  });
});
