import type { ElementwiseActivation } from '../../../core/activation.ts';
import type { Constant, Conv2dTransposeOperation } from '../../../deploy/operations.ts';
import { channelsOf } from '../../../graph/tensor.ts';
import { affine, loop, sequence } from '../code.ts';
import { constantArray, weightsAndBias } from './constants.ts';
import { groupOf, product } from './groups.ts';
import { activated, helpersOf, thenText } from './helpers.ts';
import { element, fromFlash, overPixels, shapesText } from './indices.ts';
import type { Emission, Routine } from './routine.ts';
import { gatheredColumns, gatheredRows, windowText } from './window.ts';

/** The way back of a convolution: each output element gathers the products of the windows that reach it. */
export function conv2dTranspose(
  operation: Conv2dTransposeOperation,
  activation: ElementwiseActivation,
  emission: Emission,
): Routine {
  const { filter, bias, window: g, groups } = operation;
  const {
    inputs: [x],
    output: y,
    indexType,
  } = emission;
  const outputs = channelsOf(y.shape);
  const size = channelsOf(x.shape) / groups;
  const { group, first } = groupOf(indexType, outputs / groups, size, groups);
  const body = overPixels(y, indexType, (row, column) =>
    loop(indexType, 'k', outputs, (k) =>
      sequence(
        group(k),
        [`float sum = ${bias ? fromFlash('bias', k) : '0.0f'};`],
        gatheredRows(indexType, g, row, (i, fromRow) =>
          gatheredColumns(indexType, g, column, (j, fromColumn) =>
            loop(indexType, 'c', size, (c) =>
              product(
                affine([fromRow, g.outputWidth * x.stride], [fromColumn, x.stride], ...first(k), [c, 1]),
                affine([k, g.windowHeight * g.windowWidth * size], [i, g.windowWidth * size], [j, size], [c, 1]),
              ),
            ),
          ),
        ),
        [`${element('y', y, row, column, [k, 1])} = ${activated(activation, 'sum')};`],
      ),
    ),
  );
  return {
    comment:
      `${windowText(`transposed convolution${groups > 1 ? ` in ${groups} groups` : ''}`, g)}` +
      `${shapesText([x], y)}${thenText(activation)}`,
    inputs: ['x'],
    inPlace: false,
    constants: weightsAndBias({ ...constantArray('filter', filter), data: () => transposedOutputsFirst(filter, groups) }, bias),
    body,
    helpers: helpersOf(activation),
  };
}

/** A filter [KH,KW,OUT/groups,IN] as [OUT,KH,KW,IN/groups]. */
function transposedOutputsFirst({ shape, data }: Constant, groups: number): Float32Array {
  const [height = 1, width = 1, outputs = 1, inputs = 1] = shape;
  const [area, size] = [height * width, inputs / groups];
  return Float32Array.from(data, (_, i) => {
    const [output, pixel, c] = [Math.floor(i / (area * size)), Math.floor(i / size) % area, i % size];
    const group = Math.floor(output / outputs);
    return data[(pixel * outputs + (output % outputs)) * inputs + group * size + c] ?? Number.NaN;
  });
}
