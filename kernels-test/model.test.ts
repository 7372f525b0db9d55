import { expect, describe as suite, test } from 'vitest';
import { OptionError, ShapeError } from '../src/core/errors.ts';
import { describe } from '../src/model/describe.ts';
import { initialValue } from '../src/model/initialise.ts';
import { constant, glorotUniform, heNormal, normal, truncatedNormal, zeros } from '../src/model/initialisers.ts';
import {
  activation,
  avgPool2d,
  batchNorm,
  branch,
  conv2d,
  dense,
  depthwiseConv2d,
  dropout,
  flatten,
  globalAvgPool2d,
  join,
  maxPool2d,
  merge,
  repeat,
  reshape,
  residual,
  tap,
} from '../src/model/layers.ts';
import { model, parseModel } from '../src/model/model.ts';
import type { Parameter } from '../src/model/resolve.ts';
import { parametersOf, resolve } from '../src/model/resolve.ts';
import { table } from '../src/model/table.ts';
import type { Layer, Model } from '../src/model/types.ts';

const same = { padding: 'same', activation: 'relu' } as const;
const pool = (size: number) => maxPool2d(size, { padding: 'same' });

function twoConvolutions(filters: [number, number], kernel: number, hidden: number): Model {
  return model(
    [28, 28, 1],
    [
      conv2d(filters[0], kernel, same),
      pool(2),
      conv2d(filters[1], kernel, same),
      pool(2),
      flatten(),
      dense(hidden, { activation: 'relu' }),
      dense(10),
    ],
  );
}

function oneConvolution(filters: number, kernel: number, poolSize: number, hidden: number): Model {
  return model(
    [28, 28, 1],
    [conv2d(filters, kernel, same), pool(poolSize), flatten(), dense(hidden, { activation: 'relu' }), dense(10)],
  );
}

function condenseNet(secondPool: number, hidden: number): Model {
  return model(
    [28, 28, 1],
    [
      conv2d(64, 3, same),
      pool(2),
      conv2d(16, 1, same),
      branch([conv2d(96, 1, same)], [conv2d(32, 3, same)]),
      pool(secondPool),
      flatten(),
      dense(hidden, { activation: 'relu' }),
      dense(10),
    ],
  );
}

function smallCnn(filters: readonly number[], hidden: readonly number[]): Model {
  const convolutions = filters.flatMap((count) => [conv2d(count, 3), maxPool2d(2)]);
  return model([28, 28, 1], [...convolutions, flatten(), ...hidden.map((units) => dense(units)), dense(10)]);
}

const baseline = twoConvolutions([32, 64], 5, 1024);

// networks.md, section 1: weights + biases, activations.
const published: readonly (readonly [string, Model, number, number])[] = [
  ['Dhingra, Table I', baseline, 3_274_634, 48_858],
  ['Dhingra, Table II', oneConvolution(32, 5, 2, 1024), 6_434_634, 33_178],
  ['Dhingra, Table VII', oneConvolution(2, 5, 4, 128), 14_014, 2_588],
  ['Gulati, initial', twoConvolutions([64, 128], 5, 512), 3_423_498, 95_386],
  ['Gulati, modification 1', twoConvolutions([64, 128], 3, 512), 3_291_402, 95_386],
  ['Gulati, modification 2', twoConvolutions([64, 128], 1, 512), 3_225_354, 95_386],
  ['Gulati, Vanilla CondenseNet', condenseNet(4, 256), 535_066, 94_042],
  ['Gulati, CondenseNet-1', condenseNet(7, 256), 141_850, 92_506],
  ['Gulati, CondenseNet-2', condenseNet(7, 128), 74_906, 92_378],
  ['Gulati, CondenseNet-3', condenseNet(4, 64), 139_738, 93_850],
  ['El Nahhas, initial', model([784], [dense(80), dense(60), dense(10, { activation: 'softmax' })]), 68_270, 934],
  ['El Nahhas, CNN + MP (8,8)', smallCnn([8], [8]), 10_994, 7_562],
  ['El Nahhas, without the dense layer', smallCnn([8], []), 13_610, 7_554],
  ['El Nahhas, (2,2)', smallCnn([2], [2]), 728, 2_486],
  ['El Nahhas, (3,3,4)', smallCnn([3, 3], [4]), 468, 3_771],
  ['El Nahhas, (3,4,5)', smallCnn([3, 4], [5]), 707, 3_918],
];

suite('the published networks', () => {
  test.each(published)('%s has its printed totals', (_, network, parameters, activations) => {
    const description = describe(network);
    expect(description.parameters).toBe(parameters);
    expect(description.activations).toBe(activations);
  });

  test.each([1024, 512, 256, 128, 64, 32])('Dhingra, Table III, with %i units', (units) => {
    const withBiases = { 1024: 6_434_634, 512: 3_217_738, 256: 1_609_290, 128: 805_066, 64: 402_954, 32: 201_898 };
    expect(describe(oneConvolution(32, 5, 2, units)).parameters).toBe(withBiases[units as keyof typeof withBiases]);
  });

  test('every layer of the baseline has its row of Table I', () => {
    const rows = describe(baseline).layers.map((layer) => [layer.name, layer.outputShape.join('x'), layer.parameters]);
    expect(rows).toEqual([
      ['conv2d_1', '28x28x32', 832],
      ['maxPool2d_1', '14x14x32', 0],
      ['conv2d_2', '14x14x64', 51_264],
      ['maxPool2d_2', '7x7x64', 0],
      ['flatten_1', '3136', 0],
      ['dense_1', '1024', 3_212_288],
      ['dense_2', '10', 10_250],
    ]);
  });

  test('the baseline multiplies and accumulates 13.88 million times', () => {
    expect(describe(baseline).macs).toBe(28 * 28 * 32 * 25 + 14 * 14 * 64 * 25 * 32 + 3136 * 1024 + 1024 * 10);
  });

  test('the table shows every layer, aligned, with the totals', () => {
    const lines = table(condenseNet(4, 256)).split('\n');
    expect(lines.find((line) => line.includes('branch_1/1/conv2d_1'))).toMatch(
      /^ {2}branch_1\/1\/conv2d_1 +14x14x32 +4,640 +6,272 +903,168$/,
    );
    expect(lines.at(-1)).toMatch(/^total +535,066 +94,042 +[\d,]+$/);
    expect(new Set(lines.map((line) => line.length)).size).toBe(1);
  });
});

suite('peak activation memory', () => {
  const floats = (network: Model) => describe(network).peakActivationBytes / 4;

  test('is the largest input and output of one layer in a chain', () => {
    expect(floats(baseline)).toBe(28 * 28 * 32 + 14 * 14 * 32);
  });
  test('does not grow by layers that work in place or are views', () => {
    expect(floats(model([4, 4, 2], [conv2d(3, 1), batchNorm(), activation('relu'), dropout(0.5), flatten()]))).toBe(16 * (2 + 3));
    expect(floats(model([10], [activation('relu')]))).toBe(10);
  });
  test('keeps the input of a branch until its last path has read it', () => {
    const first = [conv2d(5, 1), conv2d(1, 1)];
    expect(floats(model([1, 1, 10], [branch(first, [conv2d(2, 1)])]))).toBe(10 + 5 + 1);
    expect(floats(model([1, 1, 10], [branch([conv2d(2, 1)], first)]))).toBe(2 + 10 + 5);
    expect(floats(model([1, 1, 10], [branch([conv2d(2, 1)], [conv2d(1, 1), conv2d(20, 1)])]))).toBe(2 + 1 + 20);
  });
  test('counts the copy that an identity path makes', () => {
    expect(floats(model([1, 1, 10], [branch([], [conv2d(3, 1)])]))).toBe(10 + 10 + 3);
    expect(floats(model([1, 1, 10], [branch([dropout(0.1)])]))).toBe(20);
  });
  test('counts an activation that may not overwrite the kept input', () => {
    expect(floats(model([10], [branch([activation('relu')], [dense(1)])]))).toBe(10 + 10 + 1);
  });
  test('keeps the input of a residual until the sum', () => {
    expect(floats(model([1, 1, 10], [residual(conv2d(20, 1), conv2d(10, 1))]))).toBe(10 + 20 + 10);
  });
});

const everyLayer = model(
  [9, 8, 4],
  [
    conv2d(6, [3, 2], {
      strides: [2, 1],
      padding: [1, 0, 2, 1],
      dilations: 2,
      groups: 2,
      bias: false,
      init: normal(0.1),
      name: 'stem',
    }),
    depthwiseConv2d(3, { multiplier: 2, padding: 'same', activation: { type: 'leakyRelu', slope: 0.1 }, weightDecay: 0.004 }),
    batchNorm({ momentum: 0.9 }),
    activation('tanh'),
    residual(conv2d(12, 1, { init: truncatedNormal(0.1), biasInit: constant(0.1) }), branch([], [maxPool2d(1)]), conv2d(12, 1)),
    avgPool2d([2, 1], { strides: 1 }),
    globalAvgPool2d(),
    dropout(0.25),
    flatten(),
    dense(3, { activation: 'softmax', init: glorotUniform(), biasInit: zeros() }),
  ],
);

suite('a model is data', () => {
  test('JSON and back is the same model', () => {
    const json: unknown = JSON.parse(JSON.stringify(everyLayer));
    expect(json).toStrictEqual(everyLayer);
    expect(parseModel(json)).toStrictEqual(everyLayer);
    expect(everyLayer.format).toBe(1);
  });
  test('it is frozen all the way down', () => {
    const frozen = (value: unknown): boolean =>
      typeof value !== 'object' || value === null || (Object.isFrozen(value) && Object.values(value).every(frozen));
    expect(frozen(everyLayer)).toBe(true);
  });
  test('JSON may leave out what has a default', () => {
    const short = {
      format: 1,
      input: [8, 8, 1],
      layers: [
        { type: 'conv2d', filters: 2, kernel: 3 },
        { type: 'maxPool2d', size: 2 },
      ],
    };
    expect(parseModel(short)).toStrictEqual(model([8, 8, 1], [conv2d(2, 3), maxPool2d(2)]));
  });
  test('-0 becomes 0, which JSON keeps', () => {
    const zero = model([2], [dense(2, { biasInit: constant(-0) })]);
    expect(JSON.parse(JSON.stringify(zero))).toStrictEqual(zero);
  });
});

suite('the hash', () => {
  const hash = (...layers: Layer[]) => describe(model([8, 8, 2], layers)).hash;

  test('is 64 hexadecimal digits', () => expect(hash(flatten())).toMatch(/^[0-9a-f]{64}$/));
  test('is the SHA-256 of the canonical JSON', async () => {
    const canonical = '{"format":1,"input":[8,8,2],"layers":[{"type":"flatten"}]}';
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(canonical));
    expect(hash(flatten())).toBe(Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join(''));
  });
  test('does not depend on defaults being written out', () => {
    expect(hash(conv2d(4, 3))).toBe(
      hash(conv2d(4, [3, 3], { strides: [1, 1], padding: 'valid', groups: 1, bias: true, init: heNormal() })),
    );
    expect(hash(maxPool2d(2))).toBe(hash(maxPool2d(2, { strides: 2 })));
  });
  test('does not depend on the order of JSON keys', () => {
    const json = { layers: [{ kernel: 3, filters: 4, type: 'conv2d' }], input: [8, 8, 2], format: 1 };
    expect(describe(parseModel(json)).hash).toBe(hash(conv2d(4, 3)));
  });
  test('leaves names out, inside branch and residual too', () => {
    const nested = (name?: string) => hash(residual(branch([conv2d(1, 1, { name })], [conv2d(1, 1)])), conv2d(1, 1, { name }));
    expect(nested('a')).toBe(nested());
  });
  test('is that of the same model written in another way', () => {
    expect(hash(merge('concat', [conv2d(1, 1)], []))).toBe(hash(branch([conv2d(1, 1)], [])));
    expect(hash(residual({ shortcut: [] }, conv2d(2, 1)))).toBe(hash(residual(conv2d(2, 1))));
    expect(hash(conv2d(4, 3, { shared: 'alone' }))).toBe(hash(conv2d(4, 3)));
    const twice = (key: string) => hash(conv2d(2, 1, { shared: key }), conv2d(2, 1, { shared: key }));
    expect(twice('a')).toBe(twice('b'));
    expect(twice('a')).not.toBe(hash(conv2d(2, 1), conv2d(2, 1)));
    const skip = (name: string) => hash(tap(name), conv2d(2, 1), join(name));
    expect(skip('a')).toBe(skip('b'));
    const paths = (one: string, other: string) => hash(branch([tap(one), join(one)], [tap(other), join(other)]));
    expect(paths('a', 'a')).toBe(paths('a', 'b'));
  });
  test('leaves out whether a layer is trained', () => {
    expect(hash(residual(conv2d(2, 1, { trainable: false })), batchNorm({ trainable: false }))).toBe(
      hash(residual(conv2d(2, 1)), batchNorm()),
    );
  });
  test('changes with every choice', () => {
    const variants = [
      conv2d(4, 3),
      conv2d(5, 3),
      conv2d(4, 3, { padding: 'same' }),
      conv2d(4, 3, { bias: false }),
      conv2d(4, 3, { activation: 'relu' }),
      conv2d(4, 3, { weightDecay: 1e-4 }),
      conv2d(4, 3, { init: normal(0.1) }),
      branch([conv2d(4, 3)]),
      repeat(1, conv2d(2, 1)),
      repeat(2, conv2d(2, 1)),
      merge('add', [conv2d(2, 1)], []),
      merge('multiply', [conv2d(2, 1)], []),
      residual({ shortcut: [conv2d(2, 1)] }, conv2d(2, 1)),
      reshape([4, 4, 8]),
      reshape([128]),
    ];
    expect(new Set(variants.map((layer) => hash(layer))).size).toBe(variants.length);
  });
});

suite('names and parameters', () => {
  test('layers without a name are numbered by type, inside branch and residual from the start', () => {
    const names = describe(everyLayer).layers.map((layer) => layer.name);
    expect(names).toEqual([
      'stem',
      'depthwiseConv2d_1',
      'batchNorm_1',
      'activation_1',
      'residual_1',
      'residual_1/conv2d_1',
      'residual_1/branch_1',
      'residual_1/branch_1/1/maxPool2d_1',
      'residual_1/conv2d_2',
      'avgPool2d_1',
      'globalAvgPool2d_1',
      'dropout_1',
      'flatten_1',
      'dense_1',
    ]);
  });
  test('a number that a given name takes is passed over', () => {
    const names = resolve(model([4], [dense(3, { name: 'dense_1' }), dense(2), dense(1)])).map((layer) => layer.name);
    expect(names).toEqual(['dense_1', 'dense_2', 'dense_3']);
  });
  test('parameters have the shapes and fans of their layers', () => {
    const all = new Map(parametersOf(everyLayer).map((parameter) => [parameter.name, parameter]));
    expect(all.get('stem/filter')).toMatchObject({
      shape: [3, 2, 2, 6],
      fanIn: 12,
      fanOut: 18,
      init: normal(0.1),
      trainable: true,
    });
    expect(all.has('stem/bias')).toBe(false);
    expect(all.get('depthwiseConv2d_1/filter')).toMatchObject({ shape: [3, 3, 1, 12], fanIn: 9, fanOut: 18, weightDecay: 0.004 });
    expect(all.get('depthwiseConv2d_1/bias')).toMatchObject({ shape: [12], weightDecay: 0 });
    expect(all.get('batchNorm_1/variance')).toMatchObject({ shape: [12], init: constant(1), trainable: false });
    expect(all.get('batchNorm_1/mean')).toMatchObject({ init: zeros(), trainable: false });
    expect(all.get('batchNorm_1/scale')).toMatchObject({ init: constant(1), trainable: true });
    expect(all.get('dense_1/weights')).toMatchObject({ shape: [12, 3], fanIn: 12, fanOut: 3 });
    expect(describe(everyLayer).layers[2]?.parameters).toBe(24);
  });
  test('shared weights have the name of the first, wherever the others stand', () => {
    const m = model([4], [dense(4, { shared: 'w' }), repeat(2, dense(4, { shared: 'w', name: 'again' })), batchNorm()]);
    expect(parametersOf(m).map(({ name }) => name)).toEqual([
      ...['dense_1/weights', 'dense_1/bias'],
      ...['scale', 'offset', 'mean', 'variance'].map((role) => `batchNorm_1/${role}`),
    ]);
    expect(describe(m)).toMatchObject({ parameters: 28, activations: 4 + 4 + 8, macs: 48 });
  });
  test('frozen weights are counted, and not trained', () => {
    const m = model([4], [dense(4, { trainable: false }), batchNorm({ trainable: false }), dense(2)]);
    expect(describe(m).parameters).toBe(20 + 8 + 10);
    expect(parametersOf(m).flatMap(({ name, trainable }) => (trainable ? [name] : []))).toEqual([
      'dense_2/weights',
      'dense_2/bias',
    ]);
  });
  test('a shortcut has a scope of its own', () => {
    const m = model([8, 8, 2], [residual({ shortcut: [conv2d(4, 1)] }, conv2d(4, 1))]);
    expect(describe(m).layers.map(({ name }) => name)).toEqual([
      'residual_1',
      'residual_1/conv2d_1',
      'residual_1/shortcut/conv2d_1',
    ]);
  });
  test('shapes follow strides, padding and dilation', () => {
    expect(resolve(everyLayer).map((layer) => layer.outputShape.join('x'))).toEqual([
      ...['3x9x6', '3x9x12', '3x9x12', '3x9x12', '3x9x12', '2x9x12', '12', '12', '12', '3'],
    ]);
  });
});

suite('initial values', () => {
  const parameter = (init: Parameter['init']): Parameter => ({
    name: 'x/filter',
    shape: [100, 200],
    init,
    fanIn: 50,
    fanOut: 100,
    trainable: true,
    weightDecay: 0,
  });
  const draw = (init: Parameter['init'], index = 0, seed = 7) => initialValue(parameter(init), index, seed);
  const variance = (values: Float32Array) => values.reduce((sum, value) => sum + value * value, 0) / values.length;
  // The mean square of n draws of variance v and kurtosis k has standard error v sqrt((k - 1) / n); k is at most 3 here.
  const within = (v: number) => 5 * v * Math.sqrt(2 / 20_000);

  test('have the variance of their distribution', () => {
    expect(Math.abs(variance(draw(normal(0.1))) - 0.01)).toBeLessThan(within(0.01));
    expect(Math.abs(variance(draw(heNormal())) - 2 / 50)).toBeLessThan(within(2 / 50));
    expect(Math.abs(variance(draw(glorotUniform())) - 2 / 150)).toBeLessThan(within(2 / 150));
    // A standard normal truncated at 2 has variance 1 - 4 phi(2) / (2 Phi(2) - 1) = 0.7737.
    expect(Math.abs(variance(draw(truncatedNormal(0.1))) - 0.007737)).toBeLessThan(within(0.007737));
  });
  test('stay within their bounds', () => {
    expect(Math.max(...draw(truncatedNormal(0.1)).map(Math.abs))).toBeLessThanOrEqual(Math.fround(0.2));
    expect(Math.max(...draw(glorotUniform()).map(Math.abs))).toBeLessThanOrEqual(Math.fround(Math.sqrt(6 / 150)));
    expect(draw(constant(0.1)).every((value) => value === Math.fround(0.1))).toBe(true);
    expect(draw(zeros()).every((value) => value === 0)).toBe(true);
  });
  test('are the same for the same seed and stream, and only then', () => {
    expect(draw(heNormal())).toEqual(draw(heNormal()));
    expect(draw(heNormal(), 1)).not.toEqual(draw(heNormal()));
    expect(draw(heNormal(), 0, 8)).not.toEqual(draw(heNormal()));
  });
});

suite('what is refused', () => {
  const image = (...layers: Layer[]) => model([8, 8, 3], layers);
  const untyped = (value: unknown) => value as never;

  test.each<[string, () => unknown, RegExp]>([
    ['an input of size 0', () => model([8, 0, 1], [flatten()]), /input: .*\[8,0,1\]/],
    [
      'shared weights of other shapes',
      () => image(conv2d(4, 3, { shared: 'w' }), conv2d(4, 3, { shared: 'w' })),
      /layers\[1\] \(conv2d_2\): its filter would be \[3, 3, 4, 4\], but is \[3, 3, 3, 4\] in layers\[0\] \(conv2d_1\), .*'w'/,
    ],
  ])('%s, with a ShapeError', (_, build, message) => {
    expect(build).toThrow(ShapeError);
    expect(build).toThrow(message);
  });

  test.each<[string, () => unknown, RegExp]>([
    ['no filters', () => conv2d(0, 3), /conv2d: filters must be a positive integer, got 0/],
    ['a kernel of three sizes', () => conv2d(1, untyped([1, 2, 3])), /conv2d: kernel must be .* got \[1,2,3\]/],
    ['a missing kernel', () => conv2d(1, untyped(undefined)), /kernel must be .* got undefined/],
    ['an unknown option', () => conv2d(1, 3, untyped({ stride: 2 })), /conv2d: unknown field 'stride'; it takes .*strides/],
    [
      'groups of a depthwise convolution',
      () => depthwiseConv2d(3, untyped({ groups: 2 })),
      /depthwiseConv2d: unknown field 'groups'/,
    ],
    ['an unknown activation', () => dense(3, { activation: untyped('mish') }), /dense: activation must be .* got "mish"/],
    ['a negative padding', () => maxPool2d(2, { padding: [0, -1, 0, 0] }), /maxPool2d: padding must be .* got \[0,-1,0,0\]/],
    ['a rate of 1', () => dropout(1), /dropout: rate must be a number in \[0, 1\), got 1/],
    ['a bias that is no boolean', () => dense(3, { bias: untyped('no') }), /dense: bias must be true or false, got "no"/],
    [
      'an unknown initialiser',
      () => dense(3, { init: untyped({ type: 'lecun' }) }),
      /dense: the type of init must be one of normal, .* got "lecun"/,
    ],
    [
      'a negative deviation',
      () => dense(3, { init: normal(-1) }),
      /dense: the stddev of init must be a number of at least 0, got -1/,
    ],
    ['a NaN', () => dense(3, { weightDecay: Number.NaN }), /dense: weightDecay must be .* got NaN/],
    ['a name with a slash', () => dense(3, { name: 'a/b' }), /dense: name must be .* got "a\/b"/],
    ['a branch without paths', () => branch(), /branch: paths must be an array of at least one path/],
    ['a residual without layers', () => residual(), /residual: layers must hold at least one layer/],
    ['a model without layers', () => image(), /at least one layer/],
    ['an option of residual that there is not', () => residual(untyped({ shorcut: [] }), flatten()), /unknown field 'shorcut'/],
    [
      "a layer named 'shortcut' beside one",
      () => residual({ shortcut: [flatten()] }, dense(3, { name: 'shortcut' })),
      /no layer beside a shortcut can be named 'shortcut'/,
    ],
    ['a repeat of no times', () => repeat(0, flatten()), /repeat: times must be an integer from 1 to 1000, got 0/],
    [
      'repeats of repeats',
      () => model([4], [repeat(40, repeat(40, dense(4)))]),
      /\(repeat_1\/repeat_1\): its layers run 1600 times/,
    ],
    ['a repeat of too many', () => repeat(1e9, flatten()), /repeat: times .* got 1000000000/],
    ['a repeat without layers', () => repeat(2), /repeat: layers must hold at least one layer/],
    [
      'an unknown merge',
      () => merge(untyped('subtract'), []),
      /merge: kind must be 'add' or 'multiply' or 'concat', got "subtract"/,
    ],
    ['a merge without paths', () => merge('add'), /merge: paths must be an array of at least one path/],
    ['a tap without a name', () => tap(''), /tap: name must be a text, got ""/],
    ['an unknown join', () => join('a', untyped('sub')), /join: kind must be 'concat' or 'add', got "sub"/],
    ['a join without its tap', () => image(join('a')), /layers\[0\] \(join_1\): there is no tap\('a'\) before it/],
    ['a join before its tap', () => image(join('a'), tap('a')), /layers\[0\] \(join_1\): there is no tap/],
    [
      'a tap beside the path that joins it',
      () => image(branch([tap('a'), join('a')], [join('a')])),
      /paths\[1\]\[0\] \(branch_1\/1\/join_1\): there is no tap/,
    ],
    ['a tap outside of a repeat', () => image(tap('a'), repeat(2, join('a', 'add'))), /\(repeat_1\/join_1\): there is no tap/],
    ['a tap that nothing joins', () => image(tap('a'), flatten()), /layers\[0\] \(tap_1\): nothing joins the tap 'a'/],
    [
      'a tap of a name that is taken',
      () => image(tap('a'), residual(tap('a')), join('a')),
      /\(residual_1\/tap_1\): layers\[0\] \(tap_1\) already keeps a tap 'a'/,
    ],
    [
      'shared weights of two types',
      () => model([4], [dense(4, { shared: 'w' }), batchNorm({ shared: 'w' })]),
      /must be a dense like/,
    ],
    [
      'shared weights of which one has a bias',
      () => model([4], [dense(4, { shared: 'w' }), dense(4, { shared: 'w', bias: false })]),
      /\(dense_2\): must have weights and bias like layers\[0\] \(dense_1\), .* but has weights; give both the same bias/,
    ],
    [
      'shared weights that begin in two ways',
      () => model([4], [dense(4, { shared: 'w' }), dense(4, { shared: 'w', init: normal(1) })]),
      /must have the same init as .*glorotUniform/,
    ],
    [
      'shared weights of which one is frozen',
      () => model([4], [dense(4, { shared: 'w' }), dense(4, { shared: 'w', trainable: false })]),
      /must be as trainable as/,
    ],
    ['a key that is no text', () => dense(4, { shared: untyped(1) }), /dense: shared must be a text that is not empty, got 1/],
    ['trainable that is no boolean', () => dense(4, { trainable: untyped(0) }), /dense: trainable must be true or false, got 0/],
    ['a shape of two sizes', () => reshape(untyped([8, 8])), /reshape: shape must be \[height, width, channels\] or \[size\]/],
    [
      'a name given twice',
      () => image(flatten(), dense(3, { name: 'a' }), dense(3, { name: 'a' })),
      /layers\[2\] and layers\[1\] are both named 'a'/,
    ],
    ['a layer that is none', () => image(untyped(42)), /layers\[0\]: a layer must be an object, got 42/],
    [
      'an input of two sizes',
      () => model(untyped([8, 8]), [flatten()]),
      /input must be \[height, width, channels\] or \[size\], got \[8,8\]/,
    ],
  ])('%s, with an OptionError', (_, build, message) => {
    expect(build).toThrow(OptionError);
    expect(build).toThrow(message);
  });

  const json = (layers: unknown, rest: object = {}) => ({ format: 1, input: [8, 8, 3], layers, ...rest });
  test.each<[string, unknown, RegExp]>([
    ['null', null, /a model must be an object, got null/],
    ['a list', [], /a model must be an object/],
    ['a later format', json([], { format: 2 }), /format must be 1.* got 2/],
    ['an unknown field', json([], { weights: {} }), /unknown field 'weights'; it takes format, input, layers/],
    ['layers that are no list', json({}), /layers must be an array of layers, got \{\}/],
    [
      'a layer of unknown type',
      json([{ type: 'flatten' }, { type: 'lstm' }]),
      /layers\[1\]: the type of a layer must be one of conv2d, .* got "lstm"/,
    ],
    ['a type that objects have anyway', json([{ type: 'toString' }]), /layers\[0\]: the type/],
    [
      'an unknown field of a layer',
      json([{ type: 'flatten', axis: 1 }]),
      /layers\[0\] \(flatten_1\): unknown field 'axis'; it takes type, name$/,
    ],
    ['a wrong kind', json([{ type: 'conv2d', filters: '8', kernel: 3 }]), /layers\[0\] \(conv2d_1\): filters must be .* got "8"/],
    ['a path that is no list', json([{ type: 'branch', paths: [{}] }]), /layers\[0\]\.paths\[0\] must be an array of layers/],
    [
      'a wrong layer deep inside',
      json([{ type: 'residual', layers: [{ type: 'branch', paths: [[], [{ type: 'dropout' }]] }] }]),
      /layers\[0\]\.layers\[0\]\.paths\[1\]\[0\] \(residual_1\/branch_1\/1\/dropout_1\): rate must be .* got undefined/,
    ],
    ['an activation layer without one', json([{ type: 'activation' }]), /\(activation_1\): activation is missing/],
  ])('JSON that is %s, with an OptionError', (_, bad, message) => {
    expect(() => parseModel(bad)).toThrow(OptionError);
    expect(() => parseModel(bad)).toThrow(message);
  });
});
