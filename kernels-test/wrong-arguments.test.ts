import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ActivationKind, activationKinds } from '../src/core/activations/registry.ts';
import * as graph from '../src/graph.ts';
import * as paredown from '../src/node.ts';
import { noise } from './support/datasets.ts';
import { openTestGpu } from './support/gpu.ts';
import { hdf5 } from './support/keras-files.ts';
import { torchLeNet } from './support/onnx-networks.ts';
import { weightsFrom } from './support/weights.ts';
import { outcomeOf, type Takes, WRONG } from './support/wrong-values.ts';

const { adam, dense, model } = paredown;

/** An argument: a right value (made when the GPU is there) and the kinds of wrong values that it takes too. */
interface Argument {
  readonly right: () => unknown;
  readonly takes: Takes;
  /** Whether each of its fields is tried as well, and what each takes; an option may always be left out. */
  readonly fields?: Readonly<Record<string, Takes>>;
}

let gpu: paredown.Gpu;
let trainer: paredown.Trainer;
let classifier: paredown.Classifier;
let predictor: paredown.Predictor;
let program: graph.Program;
let weights: paredown.Weights;
let checkpoint: paredown.Checkpoint;
let folder: string;

const MODEL = model([4], [dense(3)]);
const DATA = noise(10, [4], 3);
const KERAS = await hdf5({ 'layers/dense/vars/0': { shape: [2], data: new Float32Array(2) } });
const IMAGES = noise(70, [8, 8, 1], 3);
const SPLITS = { train: IMAGES, validation: IMAGES };
const NETWORK_OF_IMAGES = model([8, 8, 1], [paredown.flatten(), dense(3)]);
const NETWORK = {
  model: NETWORK_OF_IMAGES,
  weights: new Map([
    ['dense_1/weights', { shape: [64, 3], data: new Float32Array(192) }],
    ['dense_1/bias', { shape: [3], data: new Float32Array(3) }],
  ]),
};
const CHAIN_RECORD = { key: 'k', chain: [], seeds: [], outcome: { status: 'refused', reason: 'none' }, wallMs: 0 };
const NUMBERS: Takes = ['number'];
const PROBLEM = paredown.searchProblem(SPLITS, { floor: 0.5 });
const RECORD = {
  number: 0,
  key: 'k',
  model: MODEL,
  samples: 10,
  seeds: [1],
  rates: [0.1],
  costs: paredown.costsOf(MODEL),
  origin: { strategy: 'random' },
  outcome: { status: 'refused', reason: 'none' },
};

const value = (...shape: number[]) => ({ shape, data: new Float32Array(shape.reduce((product, size) => product * size, 1)) });
const argument = (right: () => unknown, ...takes: Takes): Argument => ({ right, takes });
const options = (right: () => object, fields: Readonly<Record<string, Takes>>, ...takes: Takes): Argument => ({
  right,
  takes: ['record', ...takes],
  fields,
});

const GPU = argument(() => gpu);
const model_ = argument(() => MODEL);
const number = argument(() => 3, 'number');
const text = argument(() => 'text', 'text');
const weights_ = argument(() => weights);
const record = argument(() => RECORD);
const records = argument(() => [RECORD], 'list');
const problem = argument(() => PROBLEM);
const x = () => graph.input('x', [2, 4]);
const tensor = argument(x);
const TRAINER = {
  classWeights: [],
  clipNorm: NUMBERS,
  averaging: [],
  batch: NUMBERS,
  optimizer: [],
  loss: [],
  labelSmoothing: [],
  seed: ['number'],
  learningRates: [],
  replicas: ['number'],
  schedule: [],
  tune: [],
  precision: [],
  augment: ['record'],
  signal: [],
} as const;
const COMPRESS = {
  floor: [],
  to: [],
  seeds: NUMBERS,
  epochs: NUMBERS,
  batch: NUMBERS,
  learningRate: NUMBERS,
  minutes: NUMBERS,
  study: [],
  onBegin: ['function'],
  signal: [],
} as const;
const SEARCH = {
  floor: [],
  objective: [],
  limits: ['record'],
  space: [],
  start: [],
  samples: NUMBERS,
  rates: [],
  seeds: NUMBERS,
  seed: NUMBERS,
  strategy: ['text'],
  setup: ['record'],
  recipe: ['text', 'record'],
  budget: ['record'],
  study: [],
  evaluators: ['list'],
  lag: NUMBERS,
  finish: ['true'],
  reopen: ['function'],
  onBegin: ['function'],
  onTested: ['function'],
  signal: [],
} as const;
const trainerOptions = () => ({ batch: 5, optimizer: adam() });

/** Those without arguments, and those for which every value is right. */
const WITHOUT = [
  'cacheFolder',
  'capsuleLength',
  'flatten',
  'globalAvgPool2d',
  'globalMaxPool2d',
  'canonicalJson',
  'glorotUniform',
  'heNormal',
  'zeros',
  'strokeDigits',
  'toJson',
] as const;

/** The names of a module's functions that are no classes. */
type FunctionOf<Module> = {
  [N in keyof Module]: Module[N] extends (...values: never[]) => unknown ? N : never;
}[keyof Module];

/** Every public function, with right arguments: one without does not compile. A call of a method stands as `trainer.fit`. */
const CALLS: Readonly<
  Record<Exclude<FunctionOf<typeof paredown>, (typeof WITHOUT)[number]>, readonly Argument[]> &
    Record<`${'trainer' | 'classifier' | 'predictor' | 'program' | 'graph'}.${string}`, readonly Argument[]>
> = {
  openGpu: [
    options(
      () => ({}),
      { adapter: ['text'], powerPreference: [], validation: ['true'], profile: ['true'], signal: [] },
      'nothing',
    ),
  ],
  // Models
  model: [argument(() => [4]), argument(() => [dense(3)])],
  parseModel: [argument(() => MODEL)],
  describe: [model_],
  table: [model_],
  conv2d: [
    number,
    argument(() => 3, 'number'),
    options(
      () => ({}),
      {
        strides: ['null', 'number'],
        padding: [],
        dilations: ['null', 'number'],
        groups: ['null', 'number'],
        bias: ['true'],
        activation: ['null'],
        init: [],
        biasInit: [],
        weightDecay: ['null', 'number'],
        name: ['text'],
      },
      'nothing',
    ),
  ],
  depthwiseConv2d: [
    argument(() => 3, 'number'),
    options(() => ({}), { multiplier: ['number', 'null'], strides: ['number', 'null'] }, 'nothing'),
  ],
  maxPool2d: [argument(() => 2, 'number'), options(() => ({}), { strides: ['number', 'null'], padding: [] }, 'nothing')],
  avgPool2d: [argument(() => 2, 'number'), options(() => ({}), { strides: ['number', 'null'], padding: [] }, 'nothing')],
  dense: [
    number,
    options(
      () => ({}),
      { bias: ['true'], activation: ['null'], init: [], biasInit: [], weightDecay: ['number', 'null'], name: ['text'] },
      'nothing',
    ),
  ],
  dropout: [argument(() => 0.5)],
  batchNorm: [options(() => ({}), { momentum: ['null'], epsilon: ['number', 'null'], name: ['text'] }, 'nothing')],
  activation: [argument(() => 'relu')],
  branch: [argument(() => [dense(3)], 'list')],
  residual: [argument(() => dense(3))],
  gate: [argument(() => dense(3))],
  repeat: [number, argument(() => dense(3))],
  merge: [argument(() => 'add'), argument(() => [dense(3)], 'list')],
  tap: [text],
  join: [text, argument(() => 'add', 'nothing', 'null')],
  reshape: [argument(() => [4])],
  upsample2d: [argument(() => 2, 'number')],
  channelShuffle: [number],
  prelu: [options(() => ({}), { init: [], shared: ['text'], trainable: ['true'], name: ['text'] }, 'nothing')],
  layerNorm: [
    options(
      () => ({}),
      { axes: ['null'], scalar: ['true'], epsilon: ['number', 'null'], shared: ['text'], trainable: ['true'], name: ['text'] },
      'nothing',
    ),
  ],
  conv2dTranspose: [
    number,
    argument(() => 3, 'number'),
    options(() => ({}), { strides: ['null', 'number'], padding: [], groups: ['null', 'number'], shared: ['text'] }, 'nothing'),
  ],
  primaryCapsules: [
    argument(() => 3, 'number'),
    number,
    options(() => ({}), { strides: ['null', 'number'], padding: [], bias: ['true'], init: [], shared: ['text'] }, 'nothing'),
  ],
  capsules: [
    number,
    number,
    options(
      () => ({}),
      { bias: ['true'], init: [], biasInit: [], weightDecay: ['number', 'null'], trainable: ['true'], name: ['text'] },
      'nothing',
    ),
  ],
  normal: [argument(() => 0.1, 'number')],
  truncatedNormal: [argument(() => 0.1, 'number')],
  constant: [argument(() => 0.1, 'number')],
  ke: [
    options(
      () => ({}),
      { filters: NUMBERS, size: NUMBERS, kernel: NUMBERS, layers: ['number'], channels: NUMBERS, classes: NUMBERS },
      'nothing',
    ),
  ],
  mlp: [
    options(() => ({ inputs: 2, depth: 1, width: 2, outputs: 1 }), {
      inputs: NUMBERS,
      depth: NUMBERS,
      width: NUMBERS,
      outputs: NUMBERS,
      residual: ['true'],
    }),
  ],
  // Training
  adam: [options(() => ({}), { learningRate: NUMBERS, beta1: [], beta2: [], epsilon: NUMBERS }, 'nothing')],
  adamW: [
    options(
      () => ({}),
      { learningRate: NUMBERS, weightDecay: NUMBERS, decays: [], beta1: [], beta2: [], epsilon: NUMBERS },
      'nothing',
    ),
  ],
  rmsprop: [options(() => ({}), { learningRate: NUMBERS, alpha: [], epsilon: NUMBERS, momentum: [] }, 'nothing')],
  sgd: [options(() => ({ learningRate: 1 }), { learningRate: NUMBERS, momentum: [], nesterov: [] })],
  trainer: [GPU, model_, options(trainerOptions, TRAINER)],
  classifier: [
    GPU,
    argument(() => ({ model: MODEL, weights }), 'unknownField'),
    options(() => ({}), { batch: NUMBERS }, 'nothing'),
  ],
  imageBytes: [argument(() => ({ width: 1, height: 1, data: new Uint8Array(1) })), argument(() => [2, 2, 1])],
  predictor: [GPU, model_, weights_, options(() => ({}), { batch: NUMBERS, tune: [] }, 'nothing')],
  quantize: [
    GPU,
    model_,
    weights_,
    options(() => ({ calibration: DATA }), { weights: NUMBERS, activations: NUMBERS, calibration: [], input: [] }, 'nothing'),
  ],
  tune: [GPU, model_, options(trainerOptions, { ...TRAINER, budgetMs: NUMBERS, fresh: ['true'] })],
  'trainer.fit': [
    argument(() => DATA),
    options(() => ({ steps: 1, validate: DATA }), {
      steps: NUMBERS,
      epochs: [],
      validate: [],
      evaluateEvery: NUMBERS,
      stop: [],
      plateau: [],
      reportEvery: NUMBERS,
      signal: [],
    }),
  ],
  'trainer.evaluate': [argument(() => DATA), options(() => ({}), { signal: [] }, 'nothing')],
  'trainer.kernelTimes': [argument(() => DATA), options(() => ({}), { budgetMs: NUMBERS, signal: [] }, 'nothing')],
  'trainer.weights': [argument(() => 0, 'nothing')],
  'trainer.setWeights': [weights_, argument(() => 0, 'nothing'), options(() => ({}), { partial: ['true'] }, 'nothing')],
  'trainer.restore': [argument(() => checkpoint)],
  'classifier.classify': [argument(() => value(4), 'list')],
  'predictor.predict': [argument(() => value(2, 4))],
  'predictor.evaluate': [argument(() => DATA)],
  runOp: [
    GPU,
    argument(() => 'relu'),
    argument(() => ({ x: value(2) })),
    argument(() => ({}), 'nothing', 'record'),
    argument(() => ({}), 'nothing', 'record'),
  ],
  gradOp: [
    GPU,
    argument(() => 'relu'),
    argument(() => ({ x: value(2) })),
    argument(() => value(2)),
    argument(() => ({}), 'nothing', 'record'),
    argument(() => ({}), 'nothing', 'record'),
  ],
  referenceOp: [argument(() => 'relu'), argument(() => ({ x: value(2) })), argument(() => ({}), 'nothing', 'record')],
  referenceGradOp: [
    argument(() => 'relu'),
    argument(() => ({ x: value(2) })),
    argument(() => value(2)),
    argument(() => ({}), 'nothing', 'record'),
  ],
  // Data
  dataset: [
    options(() => ({ inputShape: [2], x: new Uint8Array(4), y: new Uint8Array(2), classes: 2 }), {
      name: ['text'],
      split: ['text'],
      size: [],
      inputShape: [],
      x: ['bytes'],
      scale: NUMBERS,
      offset: NUMBERS,
      y: [],
      classes: NUMBERS,
      classNames: [],
      targetShape: [],
      teacherLogits: [],
    }),
  ],
  subset: [argument(() => DATA), argument(() => 0, 'number'), argument(() => 8, 'number'), text],
  datasetHash: [argument(() => DATA)],
  describeInput: [argument(() => DATA)],
  digits: [options(() => ({ train: 10, test: 10 }), { train: NUMBERS, test: NUMBERS, seed: NUMBERS }, 'nothing')],
  quadrants: [options(() => ({ points: 10 }), { points: NUMBERS, test: NUMBERS, dimensions: NUMBERS, noise: [], seed: NUMBERS })],
  sine: [options(() => ({ points: 10 }), { points: NUMBERS, test: NUMBERS, noise: NUMBERS, seed: NUMBERS })],
  parseIdx: [argument(() => Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 5)), argument(() => 'a', 'text', 'nothing')],
  resizeArea: [argument(() => new Uint8Array(4), 'bytes'), argument(() => [2, 2, 1]), argument(() => [1, 1])],
  stratify: [
    argument(() => [0, 1, 2].map((n) => ({ label: 0, hash: `${n}` }))),
    argument(() => ['a']),
    options(() => ({}), { validation: NUMBERS, test: NUMBERS }, 'nothing'),
  ],
  mnist: [
    options(
      () => ({ offline: true, dir: '/nowhere' }),
      { dir: ['text'], validation: [], offline: ['true'], onProgress: ['function'], signal: [] },
      'nothing',
    ),
  ],
  cifar10: [
    options(
      () => ({ offline: true, dir: '/nowhere' }),
      { dir: ['text'], validation: [], offline: ['true'], onProgress: ['function'], signal: [] },
      'nothing',
    ),
  ],
  lfwGender: [options(() => ({ dir: '/nowhere' }), { dir: ['text'], size: NUMBERS, validation: [] }, 'nothing')],
  imageFolder: [
    options(() => ({ dir: folder }), { dir: ['text'], size: NUMBERS, channels: [], validation: [], test: [], seed: NUMBERS }),
  ],
  loadData: [argument(() => ({ data: 'digits' })), argument(() => ({ offline: true }), 'nothing', 'record')],
  // Files and reports
  encodeModel: [model_, weights_, options(() => ({}), { input: [] }, 'nothing')],
  decodeModel: [argument(() => paredown.encodeModel(MODEL, weights))],
  encodeCompressed: [model_, weights_, options(() => ({}), { input: [] }, 'nothing')],
  prune: [
    argument(() => weights, 'map'),
    options(() => ({ sparsity: 0.5 }), { sparsity: [], threshold: ['nothing'], scope: [] }),
  ],
  share: [
    argument(() => weights, 'map'),
    options(() => ({ bits: 2 }), { bits: NUMBERS, clusters: ['nothing'], init: [], seed: NUMBERS }),
  ],
  factorize: [
    argument(() => model([9], [dense(9)])),
    argument(() => weightsFrom(model([9], [dense(9)]), 1)),
    options(() => ({ rank: 1 }), { rank: NUMBERS, energy: ['nothing'], form: ['nothing', 'record'] }),
  ],
  pruneFilters: [
    argument(() => model([4], [dense(3), dense(2)])),
    argument(() => weightsFrom(model([4], [dense(3), dense(2)]), 1)),
    options(() => ({ share: 0.4 }), {
      share: NUMBERS,
      filters: ['nothing'],
      importance: ['nothing', 'record', 'unknownField', 'circle'],
    }),
  ],
  filterImportance: [argument(() => checkpoint), argument(() => 0, 'nothing')],
  coarsen: [
    argument(() => ({ model: MODEL, weights, bits: { weights: 8, activations: 'float' }, activations: new Map() })),
    options(() => ({ fraction: 3 }), { fraction: NUMBERS }, 'nothing'),
  ],
  compressedParts: [argument(() => paredown.encodeCompressed(MODEL, weights))],
  compress: [
    GPU,
    argument(() => NETWORK, 'record', 'unknownField', 'circle'),
    argument(() => SPLITS, 'record', 'unknownField', 'circle'),
    options(() => ({ floor: 0.5, minutes: 1e-6 }), COMPRESS),
  ],
  compressContext: [
    argument(() => NETWORK, 'record', 'unknownField', 'circle'),
    argument(() => SPLITS, 'record', 'unknownField', 'circle'),
    options(() => ({ floor: 0.5 }), COMPRESS),
  ],
  chainSummary: [argument(() => CHAIN_RECORD, 'unknownField', 'circle'), argument(() => 0.5, 'number')],
  openChainStudy: [argument(() => join(folder, 'c'), 'text'), argument(() => ({}), 'record', 'unknownField', 'circle')],
  decodeOnnx: [argument(() => torchLeNet().bytes), options(() => ({}), { output: [] }, 'nothing')],
  decodeKeras: [argument(() => KERAS)],
  encodeOnnx: [model_, weights_, options(() => ({}), { input: [], softmax: ['true'], opset: [], bytesIn: [] }, 'nothing')],
  weightsFrom: [
    argument(() => MODEL),
    argument(
      () =>
        new Map([
          ['weight', value(3, 4)],
          ['bias', value(3)],
        ]),
    ),
    options(() => ({ layout: 'pytorch' }), { layout: [], names: [] }),
  ],
  encodeC: [
    model_,
    weights_,
    options(() => ({}), { input: [], name: ['text'], softmax: ['true'], vectors: ['number'] }, 'nothing'),
  ],
  encodeHtml: [model_, weights_, options(() => ({}), { input: [], title: ['text'], softmax: ['true'] }, 'nothing')],
  sizeOf: [model_, argument(() => weights, 'nothing')],
  sizeOfC: [model_, weights_],
  encodeTflite: [model_, weights_, options(() => ({}), { input: [], softmax: ['true'], io: [] }, 'nothing')],
  encodeSafetensors: [argument(() => weights, 'map'), argument(() => new Map(), 'nothing', 'map')],
  decodeSafetensors: [argument(() => paredown.encodeModel(MODEL, weights))],
  encodeCheckpoint: [argument(() => checkpoint)],
  decodeCheckpoint: [argument(() => paredown.encodeCheckpoint(checkpoint))],
  save: [argument(() => join(folder, 'm'), 'text'), model_, weights_, options(() => ({}), { input: [] }, 'nothing')],
  load: [argument(() => join(folder, 'm'), 'text')],
  writeFileAtomic: [argument(() => join(folder, 'w'), 'text'), argument(() => 'a', 'text', 'bytes')],
  readImage: [argument(() => join(folder, 'i.png'), 'text', 'bytes')],
  readJson: [argument(() => join(folder, 'j.json'), 'text'), argument(() => 'a', 'text', 'nothing')],
  fromJson: [argument(() => '{}', 'text')],
  confusionTable: [argument(() => [[1]]), argument(() => 1), argument(() => ['a'], 'list', 'nothing')],
  trainingCurves: [argument(() => [{ step: 1, loss: 1 }], 'list'), options(() => ({}), {}, 'nothing')],
  plot: [argument(() => ({ x: { name: 'a' }, y: { name: 'b' }, series: [{ name: 's', points: [{ x: 1, y: 1 }] }] }))],
  heatMap: [argument(() => ({ columns: [1], rows: [1], columnName: 'a', rowName: 'b', values: [[1]] }))],
  // The search
  search: [GPU, argument(() => SPLITS), options(() => ({ floor: 0.5, budget: { trials: 1 } }), SEARCH)],
  searchProblem: [argument(() => SPLITS), options(() => ({ floor: 0.5 }), { ...SEARCH, setup: ['record'], budget: ['record'] })],
  usualLag: [argument(() => 2, 'number')],
  strategyNamed: [argument(() => 'evolve')],
  parseSpace: [argument(() => paredown.DEFAULT_SPACE)],
  checkTrialData: [argument(() => SPLITS), argument(() => paredown.DEFAULT_SETUP)],
  keptBack: [argument(() => DATA)],
  aboveTest: [argument(() => [{ validation: [0.9], test: [0.9] }], 'list')],
  trialContext: [argument(() => SPLITS), argument(() => paredown.DEFAULT_SETUP, 'record', 'unknownField', 'circle')],
  costsOf: [model_],
  objective: [argument(() => 'parameters'), argument(() => ({}), 'nothing', 'record')],
  scoreOf: [
    argument(() => paredown.objective('parameters')),
    argument(() => paredown.costsOf(MODEL), 'record', 'unknownField', 'circle'),
  ],
  countsLatency: [argument(() => paredown.objective('parameters'))],
  lowerBound: [argument(() => [1, 2], 'list'), argument(() => 0.95, 'nothing')],
  holdsFloor: [argument(() => [1, 2], 'list'), number],
  paretoFront: [argument(() => [{ cost: 1, accuracy: 1 }], 'list')],
  leastCost: [argument(() => [{ cost: 1, accuracy: 1 }], 'list'), number],
  bestOf: [problem, records],
  bestTraining: [problem, records],
  confirms: [problem, record],
  atBestRate: [record],
  meanAccuracy: [record],
  howTrained: [argument(() => paredown.DEFAULT_SETUP), record, number],
  scheduleOver: [number, argument(() => ({ type: 'cosine' }), 'nothing')],
  searched: [records],
  nearestOf: [problem, records],
  forecast: [problem, records],
  filterPictures: [model_, weights_],
  layerDiagram: [model_],
  layerTable: [model_],
  samplesOf: [records],
  frontTable: [argument(() => ({ problem: PROBLEM, records: [], conclusions: [] }))],
  studyPage: [argument(() => ({ title: 't', data: 'd', problem: PROBLEM, records: [], conclusions: [] }))],
  studySections: [argument(() => ({ title: 't', data: 'd', problem: PROBLEM, records: [], conclusions: [] }))],
  trialSections: [
    argument(() => ({ title: 't', data: 'd', problem: PROBLEM, records: [], conclusions: [] })),
    argument(() => '4d1b1c3f', 'text'),
  ],
  openStudy: [
    argument(() => join(folder, 's'), 'text'),
    argument(() => ({}), 'record', 'unknownField'),
    argument(() => ({}), 'nothing', 'record'),
  ],
  lockFolder: [argument(() => join(folder, 'l'), 'text')],
  readStudySettings: [argument(() => folder, 'text')],
  writeStudySettings: [argument(() => folder, 'text'), argument(() => ({}), 'record', 'unknownField')],
  studyReport: [argument(() => ({}), 'record', 'unknownField'), argument(() => ({ records: [], conclusions: [] }))],
  studyPortrait: [
    argument(() => folder, 'text'),
    argument(() => ({ problem: PROBLEM }), 'record', 'unknownField'),
    argument(() => ({ records: [] })),
  ],
  serveRuns: [argument(() => [folder], 'list'), argument(() => ({ port: 0 }), 'nothing', 'record')],
  // The graph layer
  'graph.input': [text, argument(() => [2], 'list')],
  'graph.parameter': [
    text,
    argument(() => [2], 'list'),
    argument(() => graph.zeros()),
    options(() => ({}), { seed: NUMBERS, trainable: ['true'], weightDecay: NUMBERS }, 'nothing'),
  ],
  'graph.apply': [model_, weights_, tensor],
  'graph.gradient': [argument(() => graph.meanSquaredError({ prediction: x(), target: x() })), argument(() => [], 'list')],
  'graph.compile': [GPU, options(() => ({ outputs: { y: graph.relu({ x: x() }) } }), { outputs: [], update: [], seed: NUMBERS })],
  'graph.reshape': [tensor, argument(() => [8])],
  'graph.flatten': [tensor],
  'graph.slice': [tensor, argument(() => 0), argument(() => 2)],
  'program.run': [argument(() => ({ x: value(2, 4) }))],
  'program.parameter': [argument(() => 'w')],
  'program.setWeights': [argument(() => new Map([['w', value(4, 2)]])), options(() => ({}), { partial: ['true'] }, 'nothing')],
};

/** The operations of the graph layer, by their inputs. */
const OPERATIONS = {
  ...(Object.fromEntries(activationKinds.map((kind) => [kind, ['x'] as const])) as unknown as Record<
    ActivationKind,
    readonly ['x']
  >),
  softmax: ['x'],
  add: ['a', 'b'],
  multiply: ['a', 'b'],
  concat: ['a'],
  conv2d: ['x', 'filter'],
  dense: ['x', 'weights'],
  dropout: ['x'],
  maxPool2d: ['x'],
  avgPool2d: ['x'],
  globalAvgPool2d: ['x'],
  batchNorm: ['x', 'scale', 'offset'],
  softmaxCrossEntropy: ['logits', 'labels'],
  binaryCrossEntropy: ['logits', 'labels'],
  meanSquaredError: ['prediction', 'target'],
  abs: ['x'],
  conv2dTranspose: ['x', 'filter'],
  divide: ['a', 'b'],
  exp: ['x'],
  gather: ['x', 'indices'],
  globalMaxPool2d: ['x'],
  layerNorm: ['x', 'scale', 'offset'],
  log: ['x'],
  matmul: ['a', 'b'],
  maximum: ['a', 'b'],
  mean: ['x'],
  minimum: ['a', 'b'],
  negative: ['x'],
  prelu: ['x', 'slope'],
  sqrt: ['x'],
  subtract: ['a', 'b'],
  sum: ['x'],
  transpose: ['x'],
  upsample2d: ['x'],
} as const satisfies Readonly<Record<paredown.OpName, readonly string[]>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'paredown-wrong-'));
  process.chdir(folder);
  gpu = await openTestGpu();
  trainer = await paredown.trainer(gpu, MODEL, { batch: 5, optimizer: adam() });
  weights = await trainer.weights();
  checkpoint = await trainer.checkpoint();
  classifier = await paredown.classifier(gpu, { model: MODEL, weights });
  predictor = await paredown.predictor(gpu, MODEL, weights, { batch: 2 });
  const w = graph.parameter('w', [4, 2], graph.zeros());
  program = await graph.compile(gpu, { outputs: { y: graph.dense({ x: x(), weights: w }) } });
});
afterAll(async () => {
  await gpu?.destroy();
  process.chdir(tmpdir());
  await rm(folder, { recursive: true, force: true });
});

function call(name: string, values: readonly unknown[]): unknown {
  const [owner = '', method] = name.split('.');
  const owners: Record<string, object> = { trainer, classifier, predictor, program, graph };
  const on = (method === undefined ? paredown : owners[owner]) as Record<string, (...values: unknown[]) => unknown>;
  const found = on[method ?? owner];
  if (!found) throw new Error(`there is no ${name}`);
  return found.apply(on, [...values]);
}

/** What is wrong with how a call took a wrong value; undefined where it said so as it should. */
async function complaint(name: string, values: readonly unknown[], what: string): Promise<string | undefined> {
  const { error } = await outcomeOf(() => call(name, values));
  if (error === undefined) return `${what}: nothing was said`;
  const { OptionError, ShapeError, DataError } = paredown;
  const known = error instanceof OptionError || error instanceof ShapeError || error instanceof DataError;
  return known && error.message.length > 20 ? undefined : `${what}: ${String(error)}`;
}

describe('a search says how an option is written', () => {
  test.each([
    [{ minutes: 1 }, 'budget: { minutes: 1 }'],
    [{ trials: 20 }, 'budget: { trials: 20 }'],
    [{ budget: { minuts: 1 } }, "'budget.minuts'; write budget: { minutes: 60 }"],
    [{ budget: 5 }, 'budget must be an object, got 5; write budget: { minutes: 60 }'],
    [{ budget: { trials: '1' } }, 'budget.trials must be a number of at least 0, got "1"; write budget: { trials: 100 }'],
    [{ maxParameters: 500 }, 'limits: { parameters: 500 }'],
    [{ batch: 32 }, 'setup: { batch: 32 }'],
    [{ setup: { batchSize: 32 } }, "'setup.batchSize'; write setup: { batch: 64 }"],
    [{ setup: { optimizer: 'adam' } }, 'setup: { optimizer: adam() }'],
    [{ epochs: 3 }, 'samples: 3 * train.size'],
    [{ lag: 'x' }, 'lag must be an integer of at least 1, got "x"'],
    [{ signall: new AbortController().signal }, "'signall'; write signal: AbortSignal"],
    [{ study: 'runs/x' }, "study: await openStudy('runs/x', "],
    [{ evaluators: MODEL }, 'evaluators: [await GpuEvaluator.create('],
    [{ start: 'dhingra/optimized' }, 'start must be a Model, '],
    [{ rates: 0.01 }, 'rates must be an array, each of it a finite number, got 0.01; write rates: ['],
  ])('%o', (option, advice) => {
    const asked = { floor: 0.5, budget: { trials: 1 }, ...option } as unknown as paredown.SearchOptions;
    const refused = expect.objectContaining({ name: 'OptionError', message: expect.stringContaining(advice) });
    expect(() => paredown.search(gpu, SPLITS, asked)).toThrow(refused);
    expect(() => paredown.searchProblem(SPLITS, asked)).toThrow(refused);
  });
});

describe('who awaits what is for a loop, or loops without await, is told how it is written:', () => {
  const clock = paredown.complexity.WALL_CLOCK;
  const store = { records: [], add: () => Promise.resolve() };
  const setup = { batch: 10, epochs: 1, learningRate: 0.01, seeds: [1] };
  const loops = {
    search: () => paredown.search(gpu, SPLITS, { floor: 0.5, budget: { trials: 1 } }),
    tune: () => paredown.tune(gpu, MODEL, trainerOptions()),
    measureConfigurations: () =>
      paredown.complexity.measureConfigurations({ gpu, data: SPLITS, configurations: [], setup, store, clock }),
  };
  test.each(Object.entries(loops))('%s', async (name, begun) => {
    const told = expect.objectContaining({
      name: 'OptionError',
      message: expect.stringMatching(new RegExp(`write \`for await \\(const \\w+ of ${name}\\(`)),
    });
    await expect(Promise.resolve(begun())).rejects.toThrow(told);
    expect(() => [...(begun() as unknown as Iterable<unknown>)]).toThrow(told);
  });
});

test('every public function is tried here', () => {
  const isClass = (value: unknown) => /^class\b/.test(Function.prototype.toString.call(value));
  const functions = (face: object) =>
    Object.entries(face).flatMap(([name, value]) => (typeof value === 'function' && !isClass(value) ? [name] : []));
  expect(functions(paredown).filter((name) => !(name in CALLS) && !(WITHOUT as readonly string[]).includes(name))).toEqual([]);
  const shared = functions(paredown);
  const operations = functions(graph).filter((name) => !(`graph.${name}` in CALLS) && !(name in OPERATIONS));
  expect(operations.filter((name) => !shared.includes(name))).toEqual([]);
});

describe('what a layer without options is given besides is refused, by', () => {
  test.each([
    ['flatten', [1]],
    ['flatten', [{ name: 'f' }]],
    ['globalAvgPool2d', [7]],
    ['dropout', [0.5, { name: 'd' }]],
    ['activation', ['relu', { name: 'a' }]],
  ])('%s %j', async (name, values) => {
    const { error } = await outcomeOf(() => call(name, values));
    expect(error).toBeInstanceOf(paredown.OptionError);
    expect((error as Error).message).toMatch(
      /^\w+: takes no options, got .*; write \w+\(.*\); for a name of its own \{ \.\.\.flatten\(\), name: /,
    );
  });

  test('nothing where an undefined is; a name in the plain form holds, as the error says', () => {
    expect(call('flatten', [undefined])).toEqual(paredown.flatten());
    const { layers } = model([2], [{ ...paredown.flatten(), name: 'features' }, dense(1)]);
    expect(layers[0]).toEqual({ type: 'flatten', name: 'features' });
  });
});

describe('a wrong value is refused with an error of ours, by', () => {
  for (const [name, args] of Object.entries(CALLS))
    test(name, async () => {
      const faults: (string | undefined)[] = [];
      for (const [place, { takes, fields, right }] of args.entries()) {
        const rights = args.map((argument) => argument.right());
        const rest = rights.slice(place + 1);
        for (const [kind, wrong] of Object.entries(WRONG)) {
          if (!(takes as readonly string[]).includes(kind))
            faults.push(await complaint(name, [...rights.slice(0, place), wrong, ...rest], `argument ${place + 1}, ${kind}`));
          for (const [field, fits] of Object.entries(fields ?? {})) {
            if (kind === 'nothing' || (fits as readonly string[]).includes(kind)) continue;
            const changed = { ...(right() as object), [field]: wrong };
            faults.push(await complaint(name, [...rights.slice(0, place), changed, ...rest], `${field}, ${kind}`));
          }
        }
      }
      expect(faults.filter((fault) => fault !== undefined)).toEqual([]);
    });

  for (const [name, inputs] of Object.entries(OPERATIONS))
    test(`graph.${name}`, async () => {
      const faults: (string | undefined)[] = [];
      const rights = Object.fromEntries(inputs.map((input) => [input, x()]));
      for (const [kind, wrong] of [...Object.entries(WRONG), ['tensor', x()] as const, ['value', value(2, 4)] as const]) {
        faults.push(await complaint(`graph.${name}`, [wrong], `the inputs, ${kind}`));
        const changed = { ...rights, [inputs[0]]: wrong };
        if (kind !== 'tensor') faults.push(await complaint(`graph.${name}`, [changed], `input ${inputs[0]}, ${kind}`));
        if (kind !== 'nothing' && kind !== 'record')
          faults.push(await complaint(`graph.${name}`, [rights, wrong], `the attributes, ${kind}`));
      }
      expect(faults.filter((fault) => fault !== undefined)).toEqual([]);
    });
});
