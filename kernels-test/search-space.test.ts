import { describe, expect, test } from 'vitest';
import { Random } from '../src/core/random.ts';
import {
  conv2d,
  dense,
  depthwiseConv2d,
  describe as describeModel,
  flatten,
  join,
  merge,
  model,
  parseModel,
  repeat,
  residual,
  tap,
  zoo,
} from '../src/index.ts';
import type { Layer, Model } from '../src/model/types.ts';
import { crossModels } from '../src/search/space/cross.ts';
import { mutateModel } from '../src/search/space/mutate.ts';
import { drawPattern } from '../src/search/space/patterns.ts';
import { sampleModel, within } from '../src/search/space/sample.ts';
import { DEFAULT_SPACE, parseSpace, type Space } from '../src/search/space/space.ts';
import { blocksIn } from '../src/search/space/structure.ts';

const IMAGE = [28, 28, 1] as const;
const random = (seed: number) => new Random(seed, 0);

/** All layers, those inside of branches too. */
const allLayers = (layers: readonly Layer[]): Layer[] =>
  layers.flatMap((layer) => {
    if (layer.type === 'branch') return [layer, ...layer.paths.flatMap(allLayers)];
    return layer.type === 'residual' ? [layer, ...allLayers(layer.layers)] : [layer];
  });

const outputOf = (m: Parameters<typeof describeModel>[0]) => describeModel(m).layers.at(-1)?.outputShape;

describe('a space', () => {
  test('is the same after it was printed and read', () => {
    expect(parseSpace(JSON.parse(JSON.stringify(DEFAULT_SPACE)))).toEqual(DEFAULT_SPACE);
  });

  const broken = (change: (space: Record<string, unknown>) => void) => {
    const space = structuredClone(DEFAULT_SPACE) as unknown as Record<string, unknown>;
    change(space);
    return space;
  };
  const block = (place: number, entries: object) =>
    broken((space) => {
      Object.assign((space.blocks as object[])[place] ?? {}, entries);
    });
  test.each([
    [7, 'space: the space: Invalid type'],
    [{}, 'format: '],
    [broken((space) => Object.assign(space, { depth: [3, 1] })), 'depth: the first number must not be above the second'],
    [broken((space) => Object.assign(space, { depht: [1, 3] })), 'depht: '],
    [broken((space) => Object.assign(space, { heads: [] })), 'heads: give at least one'],
    [broken((space) => Object.assign(space, { activations: ['selu'] })), 'activations[0]: '],
    [block(0, { filters: [0, 8] }), 'blocks[0].filters[0]: '],
    [block(1, { kernels: [] }), 'blocks[1].kernels: give at least one'],
    [block(2, { type: 'dense' }), 'blocks[2].type: '],
    [block(6, { times: [1, 4] }), 'blocks[6].times[0]: '],
    [broken((space) => Object.assign(space, { patterns: ['spiral'] })), 'patterns[0]: '],
    [block(8, { kinds: ['median'] }), 'blocks[8].kinds[0]: '],
    [block(8, { size: 3 }), 'blocks[8].size: '],
  ])('%j is refused by the name of its bad entry', (json, message) => {
    expect(() => parseSpace(json)).toThrow(message);
  });

  test('without a block that could be drawn is refused', () => {
    const space = { ...DEFAULT_SPACE, blocks: DEFAULT_SPACE.blocks.map((kind) => ({ ...kind, weight: 0 })) };
    expect(() => parseSpace(space)).toThrow('every block has weight 0');
  });
});

describe('drawing from a space', () => {
  test('is the same for the same seed', () => {
    const drawn = (seed: number) => {
      const stream = random(seed);
      return Array.from({ length: 5 }, () => sampleModel(DEFAULT_SPACE, IMAGE, 10, stream));
    };
    expect(drawn(1)).toEqual(drawn(1));
    expect(drawn(1)).not.toEqual(drawn(2));
  });

  test('keeps to its ranges and finds all of its blocks and heads', () => {
    const stream = random(3);
    const types = new Set<string>();
    for (let index = 0; index < 300; index++) {
      const m = sampleModel(DEFAULT_SPACE, IMAGE, 10, stream);
      expect(outputOf(m)).toEqual([10]);
      expect(parseModel(JSON.parse(JSON.stringify(m)))).toEqual(m);
      for (const layer of allLayers(m.layers)) {
        types.add(layer.type);
        if (layer.type === 'conv2d') {
          expect([1, 2, 3, 4, 5, 7]).toContain(layer.kernel[0]);
          expect(layer.filters).toBeLessThanOrEqual(64);
        }
        if (layer.type === 'dense') expect(layer.units).toBeLessThanOrEqual(128);
      }
    }
    expect([...types].sort()).toEqual(
      'activation avgPool2d batchNorm branch conv2d dense depthwiseConv2d flatten gate globalAvgPool2d maxPool2d prelu repeat residual'.split(
        ' ',
      ),
    );
  });

  test('of format 1 as version 0.1 printed it goes on', () => {
    const before = {
      format: 1,
      depth: [1, 2],
      blocks: [
        { type: 'residual', weight: 1, kernels: [3] },
        { type: 'pooling', weight: 3, kinds: ['maximum'], sizes: [2] },
      ],
      heads: [{ type: 'average' }],
      activations: ['relu'],
      batchNorm: [false],
    };
    const space = parseSpace(before);
    expect(outputOf(sampleModel(space, IMAGE, 10, random(1)))).toEqual([10]);
    expect(drawPattern(space, { input: IMAGE, classes: 10, floor: 0.95 }, random(1))).toBeUndefined();
  });

  test('makes networks also where few blocks fit', () => {
    for (const input of [
      [1, 1, 1],
      [2, 3, 2],
      [5, 1, 3],
    ] as const)
      for (let seed = 0; seed < 20; seed++) expect(outputOf(sampleModel(DEFAULT_SPACE, input, 2, random(seed)))).toEqual([2]);
    expect(() => sampleModel(DEFAULT_SPACE, [10], 2, random(1))).toThrow('must be an image');
  });

  test('draws each octave of a range alike', () => {
    const stream = random(5);
    const drawn = Array.from({ length: 6000 }, () => within([1, 63], stream));
    for (const [low, high] of [
      [1, 1],
      [2, 3],
      [4, 7],
      [8, 15],
      [16, 31],
      [32, 63],
    ] as const) {
      const share = drawn.filter((value) => value >= low && value <= high).length / drawn.length;
      // Six octaves: a sixth each; four standard deviations of 6000 draws.
      expect(Math.abs(share - 1 / 6)).toBeLessThan(4 * Math.sqrt(((1 / 6) * (5 / 6)) / 6000));
    }
    expect(new Set(drawn).size).toBe(63);
    expect(within([7, 7], stream)).toBe(7);
  });
});

describe('known patterns', () => {
  const drawn = (space: Space, input: readonly [number, number, number], floor: number, count = 200) => {
    const stream = random(7);
    return Array.from({ length: count }, () => drawPattern(space, { input, classes: 10, floor }, stream)).filter(
      (m) => m !== undefined,
    );
  };
  const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
  const size = (m: Model) => describeModel(m).parameters;

  test('give networks of the floor asked for, on grey images and on colour', () => {
    const [low, high] = [drawn(DEFAULT_SPACE, IMAGE, 0.95), drawn(DEFAULT_SPACE, IMAGE, 0.99)];
    const colour = drawn(DEFAULT_SPACE, [32, 32, 3], 0.99);
    for (const found of [low, high, colour]) {
      expect(found.length).toBeGreaterThan(150);
      for (const m of found) expect(outputOf(m)).toEqual([10]);
    }
    expect(median(low.map(size))).toBeLessThan(700);
    expect(median(high.map(size))).toBeGreaterThan(2 * median(low.map(size)));
    expect(median(colour.map(size))).toBeGreaterThan(1.5 * median(high.map(size)));
    expect(Math.max(...high.map(({ layers }) => layers.length))).toBeGreaterThan(12);
  });

  test('are made of what the space names, and of nothing else', () => {
    const space: Space = {
      ...DEFAULT_SPACE,
      blocks: [
        { type: 'convolution', weight: 1, filters: [4, 5], kernels: [5], strides: [1, 2], padding: ['valid'] },
        { type: 'pooling', weight: 1, kinds: ['average'], sizes: [2], padding: ['valid'] },
      ],
      heads: [{ type: 'dense' }],
      activations: ['tanh'],
      batchNorm: [false],
    };
    const found = drawn(space, IMAGE, 0.99);
    expect(found.length).toBeGreaterThan(0);
    for (const layer of found.flatMap(({ layers }) => layers)) {
      expect(['conv2d', 'avgPool2d', 'flatten', 'dense']).toContain(layer.type);
      if (layer.type !== 'conv2d') continue;
      expect(layer).toMatchObject({ kernel: [5, 5], padding: 'valid', activation: 'tanh' });
      expect([4, 5]).toContain(layer.filters);
    }
    expect(drawn({ ...space, heads: [{ type: 'average' }] }, IMAGE, 0.99)).toEqual([]);
    expect(drawn({ ...DEFAULT_SPACE, depth: [1, 1] }, IMAGE, 0.99).every(({ layers }) => blocksIn(layers) === 1)).toBe(true);
  });
});

describe('neighbours of a network', () => {
  const starts = ['dhingra/optimized', 'gulati/condensenet-2', 'nahhas/proposed', 'nahhas/squeezenet', 'babu/squeezenet-v1.1'];

  test.each(starts)('of %s fit, differ, and make the same classes', (name) => {
    const start = zoo[name] ?? expect.fail(name);
    const stream = random(11);
    const changes = new Set<string>();
    for (let index = 0; index < 150; index++) {
      const mutant = mutateModel(start, DEFAULT_SPACE, stream) ?? expect.fail('no neighbour');
      expect(outputOf(mutant.model)).toEqual([10]);
      expect(describeModel(mutant.model).hash).not.toBe(describeModel(start).hash);
      changes.add(mutant.change);
    }
    expect(changes.size).toBeGreaterThan(20);
  });

  test('lead far away, one after the other', () => {
    const stream = random(13);
    let m = zoo['nahhas/proposed'] ?? expect.fail();
    const sizes: number[] = [];
    for (let step = 0; step < 300; step++) {
      m = mutateModel(m, DEFAULT_SPACE, stream)?.model ?? m;
      expect(outputOf(m)).toEqual([10]);
      sizes.push(describeModel(m).parameters);
    }
    expect(Math.max(...sizes) / Math.min(...sizes)).toBeGreaterThan(10);
  });

  test('are the same for the same seed', () => {
    const start = zoo['nahhas/proposed'] ?? expect.fail();
    expect(mutateModel(start, DEFAULT_SPACE, random(2))).toEqual(mutateModel(start, DEFAULT_SPACE, random(2)));
  });

  /** Little, and nothing of what a change would bring in by itself. */
  const narrow: Space = {
    ...DEFAULT_SPACE,
    depth: [2, 3],
    blocks: [
      { type: 'convolution', weight: 2, filters: [4, 8], kernels: [3, 5], strides: [2], padding: ['same'] },
      { type: 'pooling', weight: 1, kinds: ['average'], sizes: [2], padding: ['valid'] },
    ],
    heads: [{ type: 'dense' }],
    activations: ['tanh'],
    batchNorm: [false],
  };

  /** As many steps of evolve's kind from networks of a space: changes of one, and crosses of two. */
  const wander = (space: Space, steps: number): Model[] => {
    const stream = random(17);
    const found = [1, 2, 3, 4].map((seed) => sampleModel(space, IMAGE, 10, random(seed)));
    for (let step = 0; step < steps; step++) {
      const [one, other] = [found.at(-1 - (step % 3)), found.at(-2)];
      const next =
        step % 4 === 3 ? one && other && crossModels(one, other, space, stream) : one && mutateModel(one, space, stream)?.model;
      if (next) found.push(next);
    }
    return found;
  };

  test('keep to the space in what they bring in', () => {
    const found = wander(narrow, 300);
    expect(found.length).toBeGreaterThan(200);
    for (const m of found) {
      const blocks = m.layers.filter(({ type }) => type === 'conv2d' || type === 'avgPool2d').length;
      expect([2, 3]).toContain(blocks);
      for (const layer of allLayers(m.layers)) {
        expect(['conv2d', 'avgPool2d', 'flatten', 'dense']).toContain(layer.type);
        if (layer.type === 'avgPool2d') expect(layer).toMatchObject({ size: [2, 2], padding: 'valid' });
        if (layer.type !== 'conv2d') continue;
        expect(layer).toMatchObject({ activation: 'tanh', strides: [2, 2], padding: 'same' });
        expect([3, 5]).toContain(layer.kernel[0]);
        expect(layer.filters).toBeGreaterThanOrEqual(4);
        expect(layer.filters).toBeLessThanOrEqual(8);
      }
    }
  });

  test('find widths, kernels and depths of the whole of it', () => {
    const seen = new Set<string>();
    for (const { layers } of wander(narrow, 600)) {
      seen.add(`${layers.length - 2} blocks`);
      for (const layer of layers) if (layer.type === 'conv2d') seen.add(`${layer.filters} of ${layer.kernel[0]}`);
    }
    for (const blocks of [2, 3]) expect(seen).toContain(`${blocks} blocks`);
    for (const filters of [4, 5, 6, 7, 8]) for (const kernel of [3, 5]) expect(seen).toContain(`${filters} of ${kernel}`);
  });

  test('widen and narrow what comes to a residual, and the residual with it', () => {
    const start = model(IMAGE, [
      conv2d(4, 4, { strides: 2 }),
      residual(depthwiseConv2d(3, { padding: 'same' }), conv2d(4, 1)),
      flatten(),
      dense(10),
    ]);
    const stream = random(23);
    const widths = new Set<number>();
    for (let index = 0; index < 300; index++) {
      const [first, second] = mutateModel(start, DEFAULT_SPACE, stream)?.model.layers ?? [];
      if (first?.type !== 'conv2d' || second?.type !== 'residual') continue;
      expect(second.layers.at(-1)).toMatchObject({ filters: first.filters });
      widths.add(first.filters);
    }
    expect([...widths].sort()).toEqual([2, 3, 4, 5, 6, 8]);
  });

  test('are none where nothing can change', () => {
    const start = parseModel({ format: 1, input: [3], layers: [{ type: 'dense', units: 2 }] });
    const nothing: Space = { ...DEFAULT_SPACE, activations: ['relu'], heads: [{ type: 'average' }], batchNorm: [false] };
    expect(mutateModel(start, nothing, random(1))).toBeUndefined();
  });
});

describe('crosses', () => {
  const one = zoo['nahhas/proposed'] ?? expect.fail();
  const other = zoo['gulati/condensenet-2'] ?? expect.fail();

  test('begin as one network and end as the other, and make the same classes', () => {
    const stream = random(19);
    const seen = new Set<string>();
    for (let index = 0; index < 60; index++) {
      const crossed = crossModels(one, other, DEFAULT_SPACE, stream) ?? expect.fail('no cross');
      expect(outputOf(crossed)).toEqual([10]);
      expect([describeModel(one).hash, describeModel(other).hash]).not.toContain(describeModel(crossed).hash);
      const kept = crossed.layers.findIndex((layer, place) => JSON.stringify(layer) !== JSON.stringify(one.layers[place]));
      expect(kept).toBeGreaterThan(0);
      expect(crossed.layers.slice(kept)).toEqual(other.layers.slice(other.layers.length - (crossed.layers.length - kept)));
      seen.add(describeModel(crossed).hash);
    }
    expect(seen.size).toBeGreaterThan(5);
  });

  test('are the same for the same seed', () => {
    expect(crossModels(one, other, DEFAULT_SPACE, random(2))).toEqual(crossModels(one, other, DEFAULT_SPACE, random(2)));
  });

  test('are none where only the parents could come of it', () => {
    const single = parseModel({ ...one, layers: [{ type: 'flatten' }, { type: 'dense', units: 10 }] });
    expect(crossModels(single, single, DEFAULT_SPACE, random(1))).toBeUndefined();
  });
});

test('networks with shortcuts, repeats, shared weights, merged paths, taps and joins are changed and crossed', () => {
  const same = { padding: 'same' } as const;
  const wide = model(IMAGE, [
    conv2d(8, 3, { ...same, activation: 'relu' }),
    residual({ shortcut: [conv2d(12, 1, { strides: 2 })] }, conv2d(6, 3, same), conv2d(12, 3, { ...same, strides: 2 })),
    repeat(2, conv2d(12, 3, same)),
    conv2d(12, 1, { shared: 'key' }),
    conv2d(12, 1, { shared: 'key' }),
    merge('add', [conv2d(12, 3, same)], []),
    flatten(),
    dense(10),
  ]);
  const joined = model(IMAGE, [conv2d(8, 3, same), tap('early'), conv2d(4, 3, same), join('early'), flatten(), dense(10)]);
  for (const start of [wide, joined])
    for (let seed = 0; seed < 10; seed++) {
      const drawn = random(seed);
      let m: Model = start;
      for (let step = 0; step < 8; step++) {
        const mutant = mutateModel(m, DEFAULT_SPACE, drawn);
        expect(mutant && outputOf(mutant.model)).toEqual([10]);
        m = mutant?.model ?? m;
      }
      const crossed = crossModels(wide, m, DEFAULT_SPACE, drawn);
      if (crossed) expect(outputOf(crossed)).toEqual([10]);
    }
});
