import type { Activation } from '../core/activation.ts';
import { type ActivationKind, activationKinds, definitionOf } from '../core/activations/registry.ts';
import { checkArguments, isRecord, type Kind, RECORD } from '../core/arguments.ts';
import { OptionError, ShapeError } from '../core/errors.ts';
import type { Value } from '../core/value.ts';
import { TENSOR } from '../graph/kind.ts';
import type { Tensor } from '../graph/tensor.ts';
import { type ActivationOptions, activationOperation } from './activation.ts';
import { abs, add, divide, exp, log, maximum, minimum, multiply, negative, prelu, sqrt, subtract } from './arithmetic.ts';
import { batchNorm } from './batch-norm.ts';
import { concat } from './concat.ts';
import { type Conv2dAttributes, conv2d } from './conv2d.ts';
import { conv2dTranspose } from './conv2d-transpose.ts';
import { dense } from './dense.ts';
import { type DropoutAttributes, dropout } from './dropout.ts';
import { gather } from './gather.ts';
import { type LayerNormAttributes, layerNorm } from './layer-norm.ts';
import { binaryCrossEntropy, type LossReduction, meanSquaredError, softmaxCrossEntropy } from './loss.ts';
import { type MatmulAttributes, matmul } from './matmul.ts';
import { avgPool2d, globalAvgPool2d, globalMaxPool2d, maxPool2d, type PoolAttributes } from './pool.ts';
import { type AxesAttributes, mean, sum } from './reduction.ts';
import { softmax } from './softmax.ts';
import { type TransposeAttributes, transpose } from './transpose.ts';
import { type UpsampleAttributes, upsample2d } from './upsample.ts';

/** Inputs of each public operation, as values. */
export interface OpInputs extends Readonly<Record<ActivationKind, { x: Value }>> {
  conv2d: { x: Value; filter: Value; bias?: Value };
  conv2dTranspose: { x: Value; filter: Value; bias?: Value };
  maxPool2d: { x: Value };
  avgPool2d: { x: Value };
  globalAvgPool2d: { x: Value };
  globalMaxPool2d: { x: Value };
  upsample2d: { x: Value };
  dense: { x: Value; weights: Value; bias?: Value };
  prelu: { x: Value; slope: Value };
  softmax: { x: Value };
  concat: Record<string, Value>;
  transpose: { x: Value };
  gather: { x: Value; indices: Value };
  matmul: { a: Value; b: Value };
  add: { a: Value; b: Value };
  subtract: { a: Value; b: Value };
  multiply: { a: Value; b: Value };
  divide: { a: Value; b: Value };
  maximum: { a: Value; b: Value };
  minimum: { a: Value; b: Value };
  negative: { x: Value };
  exp: { x: Value };
  log: { x: Value };
  sqrt: { x: Value };
  abs: { x: Value };
  sum: { x: Value };
  mean: { x: Value };
  batchNorm: { x: Value; scale: Value; offset: Value; mean?: Value; variance?: Value };
  layerNorm: { x: Value; scale: Value; offset: Value };
  dropout: { x: Value };
  softmaxCrossEntropy: { logits: Value; labels: Value };
  meanSquaredError: { prediction: Value; target: Value };
  binaryCrossEntropy: { logits: Value; labels: Value };
}

type ActivationAttributes = { [K in ActivationKind]: ActivationOptions<K> };

/** Attributes of each public operation. */
export interface OpAttributes extends ActivationAttributes {
  conv2d: Conv2dAttributes;
  conv2dTranspose: Conv2dAttributes;
  maxPool2d: PoolAttributes;
  avgPool2d: PoolAttributes;
  globalAvgPool2d: Record<never, never>;
  globalMaxPool2d: Record<never, never>;
  upsample2d: UpsampleAttributes;
  dense: { activation?: Activation };
  prelu: Record<never, never>;
  softmax: Record<never, never>;
  concat: Record<never, never>;
  transpose: TransposeAttributes;
  gather: Record<never, never>;
  matmul: MatmulAttributes;
  add: Record<never, never>;
  subtract: Record<never, never>;
  multiply: Record<never, never>;
  divide: Record<never, never>;
  maximum: Record<never, never>;
  minimum: Record<never, never>;
  negative: Record<never, never>;
  exp: Record<never, never>;
  log: Record<never, never>;
  sqrt: Record<never, never>;
  abs: Record<never, never>;
  sum: AxesAttributes;
  mean: AxesAttributes;
  batchNorm: { epsilon?: number };
  layerNorm: LayerNormAttributes;
  dropout: DropoutAttributes & { seed: number; step: number };
  softmaxCrossEntropy: { labelSmoothing?: number; reduction?: LossReduction };
  meanSquaredError: { reduction?: LossReduction };
  binaryCrossEntropy: { reduction?: LossReduction };
}

export type OpName = keyof OpInputs;

interface PublicOperation<N extends OpName> {
  /** Inputs by name, true where differentiable; undefined where names are free and every input is differentiable. */
  readonly inputs: Readonly<Record<string, boolean>> | undefined;
  readonly optional: readonly string[];
  readonly attributes: readonly (keyof OpAttributes[N] & string)[];
  readonly requiredAttributes: readonly (keyof OpAttributes[N] & string)[];
  readonly build: (inputs: { [K in keyof OpInputs[N]]: Tensor }, attributes: OpAttributes[N]) => Tensor;
}

const unary = { inputs: { x: true }, optional: [], attributes: [], requiredAttributes: [] } as const;
const pooling = {
  inputs: { x: true },
  optional: [],
  attributes: ['size', 'strides', 'padding'],
  requiredAttributes: ['size'],
} as const;
const convolving = {
  inputs: { x: true, filter: true, bias: true },
  optional: ['bias'],
  attributes: ['strides', 'padding', 'dilations', 'groups', 'activation'],
  requiredAttributes: [],
} as const;
const reducing = { inputs: { x: true }, optional: [], attributes: ['axes', 'keepDims'], requiredAttributes: [] } as const;
const binary = { inputs: { a: true, b: true }, optional: [], attributes: [], requiredAttributes: [] } as const;

const activations = /* @__PURE__ */ Object.fromEntries(
  /* @__PURE__ */ activationKinds.map((kind) => [
    kind,
    { ...unary, attributes: Object.keys(definitionOf(kind).options), build: activationOperation(kind) },
  ]),
) as unknown as { readonly [K in ActivationKind]: PublicOperation<K> };

const OPERATIONS: { readonly [N in OpName]: PublicOperation<N> } = /* @__PURE__ */ (() => ({
  conv2d: { ...convolving, build: conv2d },
  conv2dTranspose: { ...convolving, build: conv2dTranspose },
  maxPool2d: { ...pooling, build: maxPool2d },
  avgPool2d: { ...pooling, build: avgPool2d },
  globalAvgPool2d: { ...unary, build: globalAvgPool2d },
  globalMaxPool2d: { ...unary, build: globalMaxPool2d },
  upsample2d: { ...unary, attributes: ['factor'], requiredAttributes: ['factor'], build: upsample2d },
  dense: {
    inputs: { x: true, weights: true, bias: true },
    optional: ['bias'],
    attributes: ['activation'],
    requiredAttributes: [],
    build: dense,
  },
  ...activations,
  prelu: { ...unary, inputs: { x: true, slope: true }, build: prelu },
  softmax: { ...unary, build: softmax },
  concat: { inputs: undefined, optional: [], attributes: [], requiredAttributes: [], build: concat },
  transpose: { ...unary, attributes: ['permutation'], build: transpose },
  gather: { ...unary, inputs: { x: true, indices: false }, build: gather },
  matmul: { ...binary, attributes: ['transposeA', 'transposeB'], build: matmul },
  add: { ...binary, build: add },
  subtract: { ...binary, build: subtract },
  multiply: { ...binary, build: multiply },
  divide: { ...binary, build: divide },
  maximum: { ...binary, build: maximum },
  minimum: { ...binary, build: minimum },
  negative: { ...unary, build: negative },
  exp: { ...unary, build: exp },
  log: { ...unary, build: log },
  sqrt: { ...unary, build: sqrt },
  abs: { ...unary, build: abs },
  sum: { ...reducing, build: sum },
  mean: { ...reducing, build: mean },
  batchNorm: {
    inputs: { x: true, scale: true, offset: true, mean: false, variance: false },
    optional: ['mean', 'variance'],
    attributes: ['epsilon'],
    requiredAttributes: [],
    build: batchNorm,
  },
  layerNorm: {
    ...unary,
    inputs: { x: true, scale: true, offset: true },
    attributes: ['axes', 'epsilon'],
    build: layerNorm,
  },
  dropout: {
    ...unary,
    attributes: ['rate', 'seed', 'step', 'layer'],
    requiredAttributes: ['rate', 'seed', 'step'],
    build: dropout,
  },
  softmaxCrossEntropy: {
    inputs: { logits: true, labels: false },
    optional: [],
    attributes: ['labelSmoothing', 'reduction'],
    requiredAttributes: [],
    build: softmaxCrossEntropy,
  },
  meanSquaredError: {
    inputs: { prediction: true, target: true },
    optional: [],
    attributes: ['reduction'],
    requiredAttributes: [],
    build: meanSquaredError,
  },
  binaryCrossEntropy: {
    inputs: { logits: true, labels: false },
    optional: [],
    attributes: ['reduction'],
    requiredAttributes: [],
    build: binaryCrossEntropy,
  },
}))();

/** The public operations, in the order of the documentation. */
export const opNames = /* @__PURE__ */ Object.freeze(/* @__PURE__ */ Object.keys(OPERATIONS) as OpName[]);

/** Builds the node of a public operation. Throws an OptionError for unknown names, inputs and attributes, a ShapeError for missing inputs. */
export function buildOperation(
  name: OpName,
  inputs: Readonly<Record<string, Tensor>>,
  attributes: Readonly<Record<string, unknown>>,
): Tensor {
  const operation = operationOf(name);
  checkNames(name, inputs, attributes);
  for (const wanted of operation.requiredAttributes)
    if (attributes[wanted] === undefined) throw new OptionError(`${name}: attribute '${wanted}' is missing`);
  return (operation.build as (inputs: Readonly<Record<string, Tensor>>, attributes: Readonly<Record<string, unknown>>) => Tensor)(
    inputs,
    attributes,
  );
}

const INPUTS: Kind = {
  description: 'tensors by name',
  is: (value) => isRecord(value) && !TENSOR.is(value),
  hint: (value) => (TENSOR.is(value) ? 'which is a tensor by itself' : undefined),
};

/** An operation as programs call it: `conv2d({ x, filter, bias }, attributes)`, without types that object. */
export function checkedOperation<A extends unknown[]>(name: OpName, build: (...values: A) => Tensor): (...values: A) => Tensor {
  const looked = (...values: A) => {
    const [inputs, attributes = {}] = values as unknown as [Readonly<Record<string, Tensor>>, object?];
    const form = formOf(name);
    checkArguments(form, { inputs: INPUTS, attributes: RECORD }, [inputs, attributes]);
    for (const [input, tensor] of Object.entries(inputs))
      if (tensor !== undefined) checkArguments(form, { [`input '${input}'`]: TENSOR }, [tensor]);
    checkNames(name, inputs, attributes);
    return build(...values);
  };
  return looked;
}

/** How a call of an operation is written. */
function formOf(name: OpName): string {
  const { inputs, attributes } = operationOf(name);
  return `${name}({ ${Object.keys(inputs ?? { a: true, b: true }).join(', ')} }${attributes.length > 0 ? ', attributes' : ''})`;
}

function checkNames(name: OpName, inputs: Readonly<Record<string, Tensor>>, attributes: object): void {
  const operation = operationOf(name);
  if (operation.inputs) {
    for (const given of Object.keys(inputs))
      if (!(given in operation.inputs))
        throw new OptionError(`${name}: unknown input '${given}'; it takes ${Object.keys(operation.inputs).join(', ')}`);
    for (const wanted of Object.keys(operation.inputs))
      if (!inputs[wanted] && !operation.optional.includes(wanted)) throw new ShapeError(`${name}: input '${wanted}' is missing`);
  }
  checkAttributeNames(name, attributes);
}

/** Throws an OptionError for an attribute that the operation does not have. */
export function checkAttributeNames(name: OpName, attributes: object): void {
  const known: readonly string[] = operationOf(name).attributes;
  for (const given of Object.keys(attributes))
    if (!known.includes(given))
      throw new OptionError(`${name}: unknown attribute '${given}'; it takes ${known.join(', ') || 'none'}`);
}

/** The inputs with respect to which an operation has gradients, of those given. */
export function differentiableInputs(name: OpName, given: readonly string[]): string[] {
  const { inputs } = operationOf(name);
  return given.filter((input) => !inputs || inputs[input]);
}

function operationOf(name: OpName): PublicOperation<OpName> {
  if (!Object.hasOwn(OPERATIONS, name))
    throw new OptionError(`There is no operation '${String(name)}'; there are ${opNames.join(', ')}`);
  return OPERATIONS[name] as unknown as PublicOperation<OpName>;
}
