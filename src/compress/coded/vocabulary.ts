import type { LayerType } from '../../model/types.ts';

// Parts of the format: lists only ever grow at their ends.

/** Layer types by number; at most 2^TYPE_BITS. */
export const TYPES: readonly LayerType[] = [
  'conv2d',
  'depthwiseConv2d',
  'maxPool2d',
  'avgPool2d',
  'globalAvgPool2d',
  'dense',
  'flatten',
  'dropout',
  'batchNorm',
  'activation',
  'branch',
  'residual',
  'repeat',
  'merge',
  'gate',
  'tap',
  'join',
  'prelu',
  'layerNorm',
  'reshape',
  'upsample2d',
  'channelShuffle',
  'globalMaxPool2d',
  'conv2dTranspose',
  'primaryCapsules',
  'capsules',
  'capsuleLength',
];
export const TYPE_BITS = 5;

/** Fields of a layer type: those that each of its layers has, and those that one may lack, since it has a default. */
interface LayerFields {
  readonly always: readonly string[];
  readonly optional: readonly string[];
}

const WEIGHTED = ['bias', 'activation', 'init', 'biasInit', 'weightDecay', 'shared', 'trainable'];
const LINEAR = WEIGHTED.filter((field) => field !== 'activation');
const WINDOW = ['strides', 'padding', 'dilations'];
const OWNED = ['shared', 'trainable'];

/** A field that a layer has besides is told by its name. */
export const LAYER_FIELDS: Readonly<Record<LayerType, LayerFields>> = {
  conv2d: { always: ['filters', 'kernel'], optional: [...WINDOW, 'groups', ...WEIGHTED, 'name'] },
  depthwiseConv2d: { always: ['kernel'], optional: [...WINDOW, 'multiplier', ...WEIGHTED, 'name'] },
  maxPool2d: { always: ['size'], optional: ['strides', 'padding', 'name'] },
  avgPool2d: { always: ['size'], optional: ['strides', 'padding', 'name'] },
  globalAvgPool2d: { always: [], optional: ['name'] },
  dense: { always: ['units'], optional: [...WEIGHTED, 'name'] },
  flatten: { always: [], optional: ['name'] },
  dropout: { always: ['rate'], optional: ['name'] },
  batchNorm: { always: [], optional: ['momentum', 'epsilon', ...OWNED, 'name'] },
  activation: { always: ['activation'], optional: ['name'] },
  branch: { always: ['paths'], optional: ['name'] },
  residual: { always: ['layers'], optional: ['shortcut', 'name'] },
  repeat: { always: ['times', 'layers'], optional: ['name'] },
  merge: { always: ['kind', 'paths'], optional: ['name'] },
  gate: { always: ['layers'], optional: ['name'] },
  tap: { always: ['tap'], optional: ['name'] },
  join: { always: ['tap', 'kind'], optional: ['name'] },
  prelu: { always: [], optional: ['init', ...OWNED, 'name'] },
  layerNorm: { always: [], optional: ['axes', 'scalar', 'epsilon', ...OWNED, 'name'] },
  reshape: { always: ['shape'], optional: ['name'] },
  upsample2d: { always: ['factor'], optional: ['name'] },
  channelShuffle: { always: ['groups'], optional: ['name'] },
  globalMaxPool2d: { always: [], optional: ['name'] },
  conv2dTranspose: { always: ['filters', 'kernel'], optional: [...WINDOW, 'groups', ...WEIGHTED, 'name'] },
  primaryCapsules: { always: ['kernel', 'dimension'], optional: [...WINDOW, ...LINEAR, 'name'] },
  capsules: { always: ['count', 'dimension'], optional: [...LINEAR, 'name'] },
  capsuleLength: { always: [], optional: ['name'] },
};

/** Texts that are told by their number; at most 2^WORD_BITS. */
export const WORDS: readonly string[] = [
  'relu',
  'leakyRelu',
  'relu6',
  'hardSwish',
  'same',
  'valid',
  'type',
  'slope',
  'sigmoid',
  'tanh',
  'softmax',
  'elu',
  'gelu',
  'silu',
  'hardSigmoid',
  'add',
  'multiply',
  'concat',
  'heNormal',
  'glorotUniform',
  'truncatedNormal',
  'normal',
  'zeros',
  'constant',
  'stddev',
  'value',
  'channels',
  'sample',
  'shape',
  'scale',
  'offset',
  'dtype',
  'uint8',
  'float32',
  'classNames',
  'dataName',
  'dataHash',
  'mnist',
  'digits',
  'cifar10',
  'lfw-gender',
];
export const WORD_BITS = 6;

/** What a field's value is as a rule: those that are of this kind cost next to nothing. */
export const EXPECTED: Readonly<Record<string, 'integer' | 'word' | 'false' | 'list'>> = {
  filters: 'integer',
  kernel: 'integer',
  strides: 'integer',
  dilations: 'integer',
  groups: 'integer',
  multiplier: 'integer',
  size: 'integer',
  units: 'integer',
  times: 'integer',
  factor: 'integer',
  count: 'integer',
  dimension: 'integer',
  padding: 'word',
  activation: 'word',
  kind: 'word',
  axes: 'word',
  bias: 'false',
  trainable: 'false',
};
