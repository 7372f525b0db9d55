import { elements } from '../core/value.ts';
import { layerList, type ResolvedLayer, resolve } from '../model/resolve.ts';
import type { Model } from '../model/types.ts';
import type { Costs } from './costs.ts';
import type { Recipe } from './recipe.ts';

const known = new WeakMap<Model, readonly number[]>();

/**
 * What of a network and its recipe says how accurate it may become, as numbers: costs, depth, widths, the image that each output sees, what
 * reaches the head, normalisation, kinds of layers; optimizer, schedule and the rest. Large quantities as logarithms.
 */
export function featuresOf({ model, costs, recipe }: Featured): readonly number[] {
  const before = known.get(model);
  const ofModel = before ?? modelFeatures(model, costs);
  if (!before) known.set(model, ofModel);
  return [...ofModel, ...recipeFeatures(recipe)];
}

export interface Featured {
  readonly model: Model;
  readonly costs: Costs;
  readonly recipe?: Recipe;
}

const log = (value: number) => Math.log(1 + value);

function modelFeatures(model: Model, { parameters, macs, activations }: Costs): number[] {
  const layers = layerList(resolve(model));
  const weighted = layers.filter(({ layer }) => 'bias' in layer);
  const head = weighted.at(-1);
  const body = weighted.slice(0, -1);
  const widths = body.map(({ outputShape }) => outputShape.at(-1) ?? 1);
  const first = layers.find(({ layer }) => 'kernel' in layer)?.layer;
  const { field, jump } = receptiveField(layers);
  const count = (type: string) => layers.filter(({ layer }) => layer.type === type).length;
  return [
    log(parameters),
    log(macs),
    log(activations),
    weighted.length,
    log(head ? elements(head.inputShape) : 0),
    log(head ? head.parameters.reduce((sum, { shape }) => sum + elements(shape), 0) : 0),
    log(Math.min(...widths, 1000)),
    log(Math.max(...widths, 0)),
    log(Math.min(...body.map(({ outputShape }) => elements(outputShape)), 1e6)),
    Math.log(field),
    Math.log(jump),
    layers.filter(({ layer }) => layer.type === 'prelu' || ('activation' in layer && layer.activation !== undefined)).length,
    first && 'kernel' in first ? first.kernel[0] : 0,
    first && 'kernel' in first ? first.strides[0] : 0,
    Math.min(1, count('batchNorm')),
    ...COUNTED.map(count),
  ];
}

const COUNTED = [
  'batchNorm',
  'residual',
  'branch',
  'repeat',
  'gate',
  'maxPool2d',
  'avgPool2d',
  'globalAvgPool2d',
  'depthwiseConv2d',
] as const;

/** How many pixels an output sees, and how far outputs side by side lie apart; of windows that follow each other. */
function receptiveField(layers: readonly ResolvedLayer[]): { readonly field: number; readonly jump: number } {
  let [field, jump] = [1, 1];
  for (const { layer } of layers) {
    const window = 'kernel' in layer ? layer.kernel : 'size' in layer ? layer.size : undefined;
    if (!window || !('strides' in layer)) continue;
    field += (window[0] - 1) * jump;
    jump *= layer.strides[0];
  }
  return { field, jump };
}

function recipeFeatures({ optimizer, schedule, batch, labelSmoothing = 0, augment, averaging, leaves }: Recipe = {}): number[] {
  return [
    ...['adamW', 'rmsprop', 'sgd'].map((type) => Number(optimizer?.type === type)),
    schedule?.type === 'cosine' ? (schedule.warmup ?? 0) : 0,
    Number(schedule?.type === 'warmRestarts'),
    batch === undefined ? 0 : Math.log2(batch),
    labelSmoothing,
    Object.keys(augment ?? {}).length,
    averaging && averaging.decay > 0 ? -Math.log(1 - averaging.decay) : 0,
    // As many as the set-up's own where the recipe says nothing: the values then differ between recipes alone.
    leaves && leaves.weights !== 'float' ? 8 - leaves.weights : 0,
  ];
}
