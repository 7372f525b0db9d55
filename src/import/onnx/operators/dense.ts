import { conv2d } from '../../../model/layers/conv2d.ts';
import { dense } from '../../../model/layers/dense.ts';
import type { Constant } from '../constant.ts';
import { asVector, type Feature, featureOf, withChannels } from '../feature.ts';
import type { Importer, Made, Operator } from '../importer.ts';
import { isFeature } from '../importer.ts';
import type { OnnxNode } from '../node.ts';
import { atomsOf, layoutOf, positions, sameAtoms, sizeOf } from '../view.ts';

interface Product {
  /** Element (input, output) of the weights. */
  readonly at: (input: number, output: number) => number;
  readonly units: number;
  readonly bias?: Made;
  readonly from: readonly (Constant | undefined)[];
  readonly order: string;
}

/** A vector by weights whose rows are in the file's order: ours are turned to the order that our vector has. */
function denseOf(node: OnnxNode, importer: Importer, input: Feature, product: Product): Feature {
  const { node: vector, view } = asVector(node, input);
  const { at, units, bias, from, order } = product;
  const ours = view.dims[0] ?? [];
  const rows = sizeOf(ours);
  node.take(rows);
  const axes = view.axes.flat();
  const position = positions(ours, axes);
  const weightAt = (index: number) => at(position[Math.floor(index / units)] ?? 0, index % units);
  const turned = sameAtoms(ours, axes) ? '' : ours.map((atom) => `${atom.size}@${axes.indexOf(atom)}`).join(',');
  const made = importer.weighted(node, vector, () => dense(units, { bias: bias !== undefined }), {
    from,
    order: `${order} ${turned}`,
    values: { weights: { shape: [rows, units], at: weightAt }, ...(bias && { bias }) },
  });
  return featureOf(made);
}

function matrixOf(node: OnnxNode, matrix: Constant): readonly [number, number] {
  const [rows, columns] = matrix.shape;
  if (rows === undefined || columns === undefined || matrix.shape.length !== 2)
    throw node.fault(`its weights '${matrix.name}' have shape [${matrix.shape.join(', ')}]`, 'needed is a matrix of two axes');
  return [rows, columns];
}

function checkInputs(node: OnnxNode, { axes }: Feature['view'], rows: number): void {
  const size = sizeOf(axes.at(-1) ?? []);
  if (size !== rows)
    throw node.fault(`its weights are for ${rows} inputs, but it has ${size}`, 'the file is damaged, or made for another input');
}

export const Gemm: Operator = (node, importer) => {
  const input = importer.feature(node, 0);
  const matrix = importer.constant(node, 1);
  const [alpha, beta] = [node.number('alpha', 1), node.number('beta', 1)];
  if (node.flag('transA', false)) throw node.attributeFault('transA', 'is 1: it would mix the samples of a batch', 'needed is 0');
  const isTransposed = node.flag('transB', false);
  const [first, second] = matrixOf(node, matrix);
  const [rows, units] = isTransposed ? [second, first] : [first, second];
  if (input.view.axes.length !== 1)
    throw node.fault(`its input has ${input.view.axes.length + 1} axes`, 'needed are two, [N, size]');
  checkInputs(node, input.view, rows);
  const added = importer.optionalConstant(node, 2);
  const size = added?.data.length ?? 0;
  if (added && ((size !== 1 && size !== units) || (added.shape.at(-1) ?? 1) !== size))
    throw node.fault(`its bias '${added.name}' has shape [${added.shape.join(', ')}]`, `needed is [${units}]`);
  const bias = added && {
    shape: [units],
    at: (unit: number) => beta * (added.data[size === 1 ? 0 : unit] ?? 0),
  };
  const { data } = matrix;
  return denseOf(node, importer, input, {
    at: (row, unit) => alpha * (data[isTransposed ? unit * rows + row : row * units + unit] ?? 0),
    units,
    ...(bias && { bias }),
    from: [matrix, added],
    order: `${alpha} ${beta} ${isTransposed}`,
  });
};

/** By a matrix on the right: a dense layer, or on all pixels of an image a convolution of 1 x 1. */
export const MatMul: Operator = (node, importer) => {
  const left = importer.tensor(node, 0);
  const right = importer.tensor(node, 1);
  if (left && right && isFeature(left) && isFeature(right))
    throw node.fault(
      'it multiplies two tensors that both depend on the input',
      'needed are weights on the right; attention has no layer',
    );
  const input = importer.feature(node, 0);
  const matrix = importer.constant(node, 1);
  const [rows, units] = matrixOf(node, matrix);
  checkInputs(node, input.view, rows);
  const { data } = matrix;
  const at = (row: number, unit: number) => data[row * units + unit] ?? 0;
  const { axes, dims } = input.view;
  const last = axes.at(-1) ?? [];
  const before = axes.slice(0, -1);
  if (before.every((atoms) => atoms.length === 0)) {
    const made = denseOf(node, importer, { ...input, view: { axes: [last], dims } }, { at, units, from: [matrix], order: '' });
    return { node: made.node, view: { axes: [...before, ...made.view.axes], dims: made.view.dims } };
  }
  const { feature: image, channels } = withChannels(node, input, last, () =>
    node.fault(
      `it multiplies the last of ${axes.length + 1} axes`,
      'needed is a vector, or the channels of an image [N, H, W, C]',
    ),
  );
  const [height = [], width = []] = image.view.dims;
  const made = importer.weighted(node, image.node, () => conv2d(units, 1, { bias: false }), {
    from: [matrix],
    order: `pixels ${layoutOf({ axes: [last], dims: image.view.dims.slice(-1) })}`,
    values: {
      filter: {
        shape: [1, 1, rows, units],
        at: (index) => at(channels[Math.floor(index / units)] ?? 0, index % units),
      },
    },
  });
  const outputs = atomsOf(units);
  return { node: made, view: { axes: [...before, outputs], dims: [height, width, outputs] } };
};
