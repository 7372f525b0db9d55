import * as v from 'valibot';
import type { Activation } from '../../core/activation.ts';
import { activationKinds, isPlainActivation } from '../../core/activations/registry.ts';
import { OptionError } from '../../core/errors.ts';

/**
 * What a search may build, as plain data: blocks in a row, then a head that makes the classes. Printed as JSON, edited by hand,
 * read back by `parseSpace`.
 */
const count = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_536));
const range = v.pipe(
  v.strictTuple([count, count]),
  v.check(([least, most]) => least <= most, 'the first number must not be above the second'),
);
const some = <Item extends v.GenericSchema>(item: Item) => v.pipe(v.array(item), v.minLength(1, 'give at least one'));

/** How often a kind of block is drawn beside the others. */
const weight = v.pipe(v.number(), v.minValue(0), v.maxValue(1000));
const kernels = some(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(31)));
const strides = some(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(8)));
const padding = some(v.picklist(['same', 'valid']));

/** Of a repeat: beyond ten the training only gets slower. */
const times = v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(10));

const block = v.variant('type', [
  v.strictObject({ type: v.literal('convolution'), weight, filters: range, kernels, strides, padding }),
  /** A depthwise convolution, then one of 1x1. */
  v.strictObject({ type: v.literal('separable'), weight, filters: range, kernels, strides, padding }),
  /** Gulati's module: 1x1 filters, then 1x1 and 3x3 filters side by side. */
  v.strictObject({ type: v.literal('condense'), weight, squeezed: range, expanded: range }),
  /** x + convolution(x), with as many filters as channels. */
  v.strictObject({ type: v.literal('residual'), weight, kernels }),
  /** A 1x1 convolution of x + convolution(x), which may change width and size of the image. */
  v.strictObject({ type: v.literal('projection'), weight, filters: range, kernels, strides }),
  /** One convolution, or a depthwise one with its 1x1, several times with the same weights. */
  v.strictObject({
    type: v.literal('repeat'),
    weight,
    times: v.pipe(
      v.strictTuple([times, times]),
      v.check(([least, most]) => least <= most, 'the first number must not be above the second'),
    ),
    kinds: some(v.picklist(['convolution', 'separable'])),
    kernels,
  }),
  /** x times a factor for each channel, made of the averages of all through a layer of so many units: squeeze and excite. */
  v.strictObject({ type: v.literal('gate'), weight, squeezed: range }),
  v.strictObject({
    type: v.literal('pooling'),
    weight,
    kinds: some(v.picklist(['maximum', 'average'])),
    sizes: strides,
    padding: v.optional(padding, ['valid']),
  }),
]);

const activation = v.union([
  v.picklist(activationKinds.filter(isPlainActivation)),
  v.strictObject({ type: v.literal('leakyRelu'), slope: v.pipe(v.number(), v.minValue(0), v.maxValue(1)) }),
  /** A leaky ReLU whose slope is trained, one a channel. */
  v.strictObject({ type: v.literal('prelu') }),
]);

/** Shapes of networks that are known to hold much in few parameters; `patterns.ts` draws them of what the space names. */
export const PATTERN_NAMES = ['separable', 'stacked', 'strided', 'residual', 'repeated'] as const;

const schema = v.strictObject({
  format: v.literal(1),
  /** How many blocks. */
  depth: range,
  blocks: some(block),
  heads: some(
    v.variant('type', [
      /** The classes straight from all values. */
      v.strictObject({ type: v.literal('dense') }),
      /** A hidden dense layer between. */
      v.strictObject({ type: v.literal('hidden'), units: range }),
      /** A 1x1 convolution to the classes, averaged over the image. */
      v.strictObject({ type: v.literal('average') }),
      /** The image averaged, then a dense layer, with a hidden one between where `units` are given. */
      v.strictObject({ type: v.literal('pooled'), units: v.optional(range) }),
    ]),
  ),
  activations: some(activation),
  batchNorm: some(v.boolean()),
  /** What a search may begin with beside networks of drawn blocks [nothing]. */
  patterns: v.optional(v.array(v.picklist(PATTERN_NAMES))),
});

export type Space = v.InferOutput<typeof schema>;
export type BlockSpace = Space['blocks'][number];
export type HeadSpace = Space['heads'][number];
/** What stands behind a convolution: a `prelu` is a layer of its own. */
export type AnyActivation = Activation | { readonly type: 'prelu' };
export type PatternName = (typeof PATTERN_NAMES)[number];
export type Range = v.InferOutput<typeof range>;

export function isPrelu(activation: AnyActivation): activation is { readonly type: 'prelu' } {
  return typeof activation !== 'string' && activation.type === 'prelu';
}

/** The space of parsed JSON. Throws an OptionError that names every bad entry by its path, such as `blocks[2].filters`. */
export function parseSpace(json: unknown): Space {
  const { success, output, issues } = v.safeParse(schema, json);
  if (success && output.blocks.some((kind) => kind.weight > 0)) return output;
  if (success) throw new OptionError('space: every block has weight 0: none could be drawn; give one a weight above 0');
  const lines = issues.map((issue) => {
    const path = (issue.path ?? []).map(({ key }) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
    return `${path.replace(/^\./, '') || 'the space'}: ${issue.message}`;
  });
  throw new OptionError(`space: ${lines.join('; ')}`);
}

/** Where a search starts that is told nothing else: networks of some hundred to some hundred thousand parameters, narrow ones more often. */
export const DEFAULT_SPACE: Space = {
  format: 1,
  depth: [1, 12],
  blocks: [
    {
      type: 'convolution',
      weight: 4,
      filters: [2, 15],
      kernels: [1, 2, 3, 4, 5, 7],
      strides: [1, 2],
      padding: ['same', 'valid'],
    },
    { type: 'convolution', weight: 1, filters: [16, 64], kernels: [1, 3, 5], strides: [1, 2], padding: ['same', 'valid'] },
    { type: 'separable', weight: 3, filters: [2, 31], kernels: [2, 3, 4, 5, 7], strides: [1, 2], padding: ['same', 'valid'] },
    { type: 'condense', weight: 0.5, squeezed: [1, 16], expanded: [1, 32] },
    { type: 'residual', weight: 1, kernels: [1, 3] },
    { type: 'projection', weight: 0.5, filters: [2, 31], kernels: [3], strides: [1, 2] },
    { type: 'repeat', weight: 0.5, times: [2, 4], kinds: ['convolution', 'separable'], kernels: [3] },
    { type: 'gate', weight: 0.2, squeezed: [1, 8] },
    { type: 'pooling', weight: 3, kinds: ['maximum', 'average'], sizes: [2, 3, 4], padding: ['valid', 'same'] },
  ],
  heads: [{ type: 'dense' }, { type: 'hidden', units: [2, 128] }, { type: 'pooled' }, { type: 'pooled', units: [4, 32] }],
  activations: ['relu', { type: 'leakyRelu', slope: 0.1 }, { type: 'prelu' }],
  batchNorm: [false, true],
  patterns: [...PATTERN_NAMES],
};
