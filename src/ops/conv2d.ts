import { type Activation, checkActivation } from '../core/activation.ts';
import { OptionError, ShapeError } from '../core/errors.ts';
import { checkPadding, checkPair, type Padding, type Pair, type WindowGeometry, windowGeometry } from '../core/geometry.ts';
import { formatShape, type Shape, sameShape } from '../core/value.ts';
import { type Operation, STATE } from '../graph/operation.ts';
import { apply, first, type Node, output, required, type Tensor } from '../graph/tensor.ts';
import { conv2dFamily } from '../kernels/conv2d.ts';
import { filterGradientSplits } from '../kernels/conv2d-filter-gradient/problem.ts';
import { filterGradientFamily } from '../kernels/conv2d-filter-gradient.ts';
import { activated } from './activation.ts';
import { contiguousOperand } from './contiguous.ts';
import { throughEpilogue } from './elementwise.ts';
import { absorbEpilogue, NO_EPILOGUE, type WithEpilogue } from './epilogue.ts';

export interface Conv2dAttributes {
  readonly strides?: Pair;
  readonly padding?: Padding;
  readonly dilations?: Pair;
  readonly groups?: number;
  readonly activation?: Activation;
}

interface Window {
  readonly strides: Pair;
  readonly padding: Padding;
  readonly dilations: Pair;
  readonly groups: number;
}

type ForwardAttributes = Window & WithEpilogue;
type GradientAttributes = Window & { readonly xShape: Shape; readonly filterShape: Shape };

/** Convolution of x [N,H,W,C] with filter [KH,KW,C/groups,K] and bias [K]: y [N,OH,OW,K]. */
export function conv2d(inputs: { x: Tensor; filter: Tensor; bias?: Tensor }, attributes: Conv2dAttributes = {}): Tensor {
  const groups = attributes.groups ?? 1;
  if (!Number.isSafeInteger(groups) || groups < 1)
    throw new OptionError(`conv2d: groups must be a positive integer, got ${String(groups)}`);
  const window: Window = {
    strides: checkPair('conv2d', 'strides', attributes.strides ?? [1, 1]),
    padding: checkPadding('conv2d', attributes.padding ?? 'valid'),
    dilations: checkPair('conv2d', 'dilations', attributes.dilations ?? [1, 1]),
    groups,
  };
  const activation = checkActivation('conv2d', attributes.activation);
  return activated('conv2d', activation, (epilogue) => first(apply(convolution, inputs, { ...window, epilogue })));
}

function geometryOf(xShape: Shape, filterShape: Shape, window: Window): WindowGeometry {
  const [, height = 0, width = 0] = xShape;
  const [windowHeight = 0, windowWidth = 0] = filterShape;
  return windowGeometry('conv2d', [height, width], [windowHeight, windowWidth], window.strides, window.padding, window.dilations);
}

const convolution: Operation<ForwardAttributes> = {
  name: 'conv2d',
  infer({ x, filter, bias }, attributes) {
    if (x?.shape.length !== 4) throw new ShapeError(`conv2d: 'x' must be [N, H, W, C], got ${formatShape(x?.shape ?? [])}`);
    if (filter?.shape.length !== 4)
      throw new ShapeError(`conv2d: 'filter' must be [KH, KW, C / groups, K], got ${formatShape(filter?.shape ?? [])}`);
    const [batch = 0, , , channels = 0] = x.shape;
    const [, , inputs = 0, outputs = 0] = filter.shape;
    const { groups } = attributes;
    if (channels % groups !== 0 || outputs % groups !== 0)
      throw new ShapeError(`conv2d: groups ${groups} must divide the ${channels} channels of 'x' and the ${outputs} of 'filter'`);
    if (inputs * groups !== channels)
      throw new ShapeError(
        `conv2d: 'filter' ${formatShape(filter.shape)} sees ${inputs} channels a group, but 'x' ${formatShape(x.shape)} with groups ${groups} has ${channels / groups}`,
      );
    if (bias && !sameShape(bias.shape, [outputs]))
      throw new ShapeError(`conv2d: 'bias' must be ${formatShape([outputs])}, got ${formatShape(bias.shape)}`);
    const geometry = geometryOf(x.shape, filter.shape, attributes);
    return [{ shape: [batch, geometry.outputHeight, geometry.outputWidth, outputs] }];
  },
  gradient(node, [dy], wanted) {
    const { epilogue, ...window } = node.attributes;
    if (!dy) return {};
    const x = required(node, 'x');
    const filter = required(node, 'filter');
    const dz = throughEpilogue(epilogue, dy, first(node));
    const shapes = { ...window, xShape: x.shape, filterShape: filter.shape };
    const filterGradient =
      wanted('filter') || wanted('bias')
        ? apply(filterGradientOperation, { x, dy: dz }, { ...shapes, bias: wanted('bias') })
        : undefined;
    return {
      x: wanted('x') ? first(apply(inputGradientOperation, { dy: dz, filter }, { ...shapes, epilogue: NO_EPILOGUE })) : undefined,
      filter: filterGradient?.outputs[0],
      bias: filterGradient?.outputs[1],
    };
  },
  absorb: absorbEpilogue,
  lower(node, lowering) {
    const { bias, saved } = node.inputs;
    lowerConvolution(node, lowering, required(node, 'x'), bias, saved, { xShape: required(node, 'x').shape, transposed: false });
  },
};

const inputGradientOperation: Operation<GradientAttributes & WithEpilogue> = {
  name: 'conv2dInputGradient',
  infer: (_, { xShape }) => [{ shape: xShape }],
  absorb: absorbEpilogue,
  lower(node, lowering) {
    lowerConvolution(node, lowering, required(node, 'dy'), undefined, node.inputs.saved, {
      xShape: node.attributes.xShape,
      transposed: true,
    });
  },
};

function lowerConvolution(
  node: Node<ForwardAttributes>,
  lowering: Parameters<NonNullable<Operation['lower']>>[1],
  source: Tensor,
  bias: Tensor | undefined,
  saved: Tensor | undefined,
  { xShape, transposed }: { xShape: Shape; transposed: boolean },
): void {
  const y = first(node);
  const filterTensor = required(node, 'filter');
  const filter = contiguousOperand(lowering, filterTensor);
  const biasOperand = bias && contiguousOperand(lowering, bias);
  const problem = {
    replicas: lowering.replicas,
    batch: xShape[0] ?? 0,
    geometry: geometryOf(xShape, filterTensor.shape, node.attributes),
    inputChannels: source.shape[3] ?? 0,
    outputChannels: y.shape[3] ?? 0,
    groups: node.attributes.groups,
    transposed,
    bias: bias !== undefined,
    epilogue: node.attributes.epilogue,
    x: lowering.view(source),
    y: lowering.view(y),
    saved: lowering.viewIf(saved),
    filterReplica: filter.view.replicaStride,
    biasReplica: biasOperand?.view.replicaStride ?? 0,
  };
  lowering.dispatch(conv2dFamily, problem, [source, filter.operand, biasOperand?.operand, saved, STATE, y]);
}

const filterGradientOperation: Operation<GradientAttributes & { readonly bias: boolean }> = {
  name: 'conv2dFilterGradient',
  infer: (_, { filterShape, bias }) => [
    { shape: filterShape, parameterGradient: true },
    ...(bias ? [{ shape: [filterShape[3] ?? 0], parameterGradient: true }] : []),
  ],
  lower(node, lowering) {
    const x = required(node, 'x');
    const dy = required(node, 'dy');
    const { filterShape, groups, xShape } = node.attributes;
    const geometry = geometryOf(xShape, filterShape, node.attributes);
    const batch = xShape[0] ?? 0;
    const { splits } = filterGradientSplits(batch, geometry);
    const filter = output(node, 0);
    const bias = node.outputs[1];
    const problem = {
      replicas: lowering.replicas,
      batch,
      geometry,
      inputChannels: xShape[3] ?? 0,
      outputChannels: filterShape[3] ?? 0,
      groups,
      bias: bias !== undefined,
      x: lowering.view(x),
      dy: lowering.view(dy),
      filterLength: lowering.view(filter).replicaStride,
      biasLength: bias ? lowering.view(bias).replicaStride : 0,
    };
    lowering.dispatch(filterGradientFamily, problem, [
      x,
      dy,
      lowering.partialSums(filter, splits),
      bias && lowering.partialSums(bias, splits),
    ]);
  },
};
