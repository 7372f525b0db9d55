// What bench/kernels.ts times: problems with their buffers, what they should give, and how many operations they are.
import { type Padding, type WindowGeometry, windowGeometry } from '../src/core/geometry.ts';
import { Random } from '../src/core/random.ts';
import { elements } from '../src/core/value.ts';
import type { Conv2dProblem } from '../src/kernels/conv2d/problem.ts';
import { conv2dFamily } from '../src/kernels/conv2d.ts';
import { type FilterGradientProblem, filterGradientSplits } from '../src/kernels/conv2d-filter-gradient/problem.ts';
import { filterGradientFamily } from '../src/kernels/conv2d-filter-gradient.ts';
import { NO_EPILOGUE } from '../src/kernels/epilogue.ts';
import type { Family } from '../src/kernels/family.ts';
import type { View } from '../src/kernels/view.ts';
import { conv2d } from '../src/reference/conv2d.ts';

export interface KernelCase<Problem> {
  readonly name: string;
  readonly family: Family<Problem>;
  readonly problem: Problem;
  /** Multiplications and additions. */
  readonly operations: number;
  data(): KernelData;
  /** Picks, out of what the bindings hold afterwards, what `expected` tells. */
  actual(buffers: readonly Float32Array[]): readonly Float32Array[];
}

export interface KernelData {
  /** What each binding holds before the dispatch. */
  readonly buffers: readonly Float32Array[];
  expected(): readonly Float64Array[];
}

interface Convolution {
  readonly name: string;
  readonly batch: number;
  readonly size: number;
  readonly channels: number;
  readonly outputs: number;
  readonly window: number;
  readonly padding?: Padding;
  /** The first layer's input gradient is never wanted. */
  readonly first?: boolean;
}

const CONVOLUTIONS: readonly Convolution[] = [
  { name: 'W1 1', batch: 50, size: 28, channels: 1, outputs: 32, window: 5, first: true },
  { name: 'W1 2', batch: 50, size: 14, channels: 32, outputs: 64, window: 5 },
  { name: 'W2', batch: 50, size: 28, channels: 1, outputs: 2, window: 5, first: true },
  { name: 'RGB', batch: 50, size: 32, channels: 3, outputs: 32, window: 3, first: true },
  { name: 'small', batch: 50, size: 14, channels: 5, outputs: 10, window: 5 },
  { name: 'deep', batch: 50, size: 14, channels: 64, outputs: 64, window: 3 },
  { name: 'pointwise', batch: 50, size: 14, channels: 128, outputs: 64, window: 1 },
  { name: 'narrow', batch: 50, size: 7, channels: 32, outputs: 16, window: 3 },
];

export function kernelCases(): (KernelCase<Conv2dProblem> | KernelCase<FilterGradientProblem>)[] {
  return CONVOLUTIONS.flatMap((shape) => [
    forwardCase(shape),
    ...(shape.first ? [] : [inputGradientCase(shape)]),
    filterGradientCase(shape),
  ]);
}

function layoutOf({ name, batch, size, channels, outputs, window, padding = 'same' }: Convolution) {
  const geometry = windowGeometry(name, [size, size], [window, window], [1, 1], padding);
  const { outputHeight, outputWidth } = geometry;
  return {
    label: `${name}: ${batch}x${size}x${size}x${channels} -> ${outputs}, ${window}x${window}`,
    geometry,
    inputs: dense(batch * size * size, channels),
    outputs: dense(batch * outputHeight * outputWidth, outputs),
    filterLength: window * window * channels * outputs,
    operations: 2 * batch * outputHeight * outputWidth * outputs * channels * window * window,
  };
}

function draw({ batch, size, channels, outputs, window, padding = 'same' }: Convolution, geometry: WindowGeometry) {
  const random = new Random(1, 0);
  const tensor = (...shape: number[]) => ({
    shape,
    data: Float64Array.from({ length: elements(shape) }, () => Math.fround(random.uniform() - 0.5)),
  });
  return {
    attributes: { padding },
    x: tensor(batch, size, size, channels),
    filter: tensor(window, window, channels, outputs),
    bias: tensor(outputs),
    dy: tensor(batch, geometry.outputHeight, geometry.outputWidth, outputs),
  };
}

function dense(rows: number, channels: number): View {
  return { rows, channels, rowStride: channels, offset: 0, replicaStride: rows * channels };
}

const single = (data: Float64Array) => Float32Array.from(data);

function forwardCase(shape: Convolution): KernelCase<Conv2dProblem> {
  const layout = layoutOf(shape);
  return {
    name: layout.label,
    family: conv2dFamily,
    operations: layout.operations,
    problem: {
      replicas: 1,
      batch: shape.batch,
      geometry: layout.geometry,
      inputChannels: shape.channels,
      outputChannels: shape.outputs,
      groups: 1,
      transposed: false,
      bias: true,
      epilogue: { activation: { kind: 'relu', slope: 0 }, gradient: false },
      x: layout.inputs,
      y: layout.outputs,
      filterReplica: layout.filterLength,
      biasReplica: shape.outputs,
    },
    data() {
      const made = draw(shape, layout.geometry);
      return {
        buffers: [
          single(made.x.data),
          single(made.filter.data),
          single(made.bias.data),
          new Float32Array(4),
          new Float32Array(4),
          single(made.dy.data),
        ],
        expected: () => [
          conv2d.forward({ x: made.x, filter: made.filter, bias: made.bias }, { ...made.attributes, activation: 'relu' }).data,
        ],
      };
    },
    actual: ([, , , , , y]) => (y ? [y] : []),
  };
}

function inputGradientCase(shape: Convolution): KernelCase<Conv2dProblem> {
  const layout = layoutOf(shape);
  return {
    ...forwardCase(shape),
    name: `${layout.label} transposed`,
    problem: {
      replicas: 1,
      batch: shape.batch,
      geometry: layout.geometry,
      inputChannels: shape.outputs,
      outputChannels: shape.channels,
      groups: 1,
      transposed: true,
      bias: false,
      epilogue: NO_EPILOGUE,
      x: layout.outputs,
      y: layout.inputs,
      filterReplica: layout.filterLength,
      biasReplica: 0,
    },
    data() {
      const made = draw(shape, layout.geometry);
      return {
        buffers: [
          single(made.dy.data),
          single(made.filter.data),
          new Float32Array(4),
          new Float32Array(4),
          new Float32Array(4),
          single(made.x.data),
        ],
        expected: () => [gradients(made).x],
      };
    },
  };
}

function filterGradientCase(shape: Convolution): KernelCase<FilterGradientProblem> {
  const layout = layoutOf(shape);
  const { splits } = filterGradientSplits(shape.batch, layout.geometry);
  return {
    name: layout.label,
    family: filterGradientFamily,
    operations: layout.operations,
    problem: {
      replicas: 1,
      batch: shape.batch,
      geometry: layout.geometry,
      inputChannels: shape.channels,
      outputChannels: shape.outputs,
      groups: 1,
      bias: true,
      x: layout.inputs,
      dy: layout.outputs,
      filterLength: layout.filterLength,
      biasLength: shape.outputs,
    },
    data() {
      const made = draw(shape, layout.geometry);
      return {
        buffers: [
          single(made.x.data),
          single(made.dy.data),
          new Float32Array(splits * layout.filterLength),
          new Float32Array(splits * shape.outputs),
        ],
        expected: () => {
          const { filter, bias } = gradients(made);
          return [filter, bias];
        },
      };
    },
    actual: ([, , filter, bias]) => (filter && bias ? [sumSplits(filter, splits), sumSplits(bias, splits)] : []),
  };
}

function gradients({ x, filter, bias, dy, attributes }: ReturnType<typeof draw>) {
  const found = conv2d.gradient({ x, filter, bias }, dy, attributes);
  const data = (name: string) => found[name]?.data ?? new Float64Array();
  return { x: data('x'), filter: data('filter'), bias: data('bias') };
}

function sumSplits(parts: Float32Array, splits: number): Float32Array {
  const length = parts.length / splits;
  return Float32Array.from({ length }, (_, i) => {
    let sum = 0;
    for (let s = 0; s < splits; s++) sum = Math.fround(sum + (parts[s * length + i] ?? NaN));
    return sum;
  });
}
