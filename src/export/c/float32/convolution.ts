import type { ElementwiseActivation } from '../../../core/activation.ts';
import { permuted } from '../../../core/permuted.ts';
import type { Constant, Conv2dOperation } from '../../../deploy/operations.ts';
import { channelsOf } from '../../../graph/tensor.ts';
import { affine, loop, sequence } from '../code.ts';
import { constantArray, weightsAndBias } from './constants.ts';
import { groupOf, product } from './groups.ts';
import { activated, helpersOf, thenText } from './helpers.ts';
import { element, fromFlash, overPixels, shapesText } from './indices.ts';
import type { Emission, Routine } from './routine.ts';
import { columnsAreDense, type Term, times, windowColumns, windowRows, windowText } from './window.ts';

/** y[row, column, k] = activation(bias[k] + sum over the window's pixels and the channels of k's group of x filter). */
export function conv2d(operation: Conv2dOperation, activation: ElementwiseActivation, emission: Emission): Routine {
  const { filter, bias, window: g, groups } = operation;
  const [, , size = 1, outputs = 1] = filter.shape;
  const {
    inputs: [x],
    output: y,
    indexType,
  } = emission;
  const { group, first } = groupOf(indexType, outputs / groups, size, groups);
  const area = g.windowHeight * g.windowWidth * size;
  const rowOf = g.windowWidth * size;
  const dense = columnsAreDense(g) && size === x.stride && groups === 1;
  const body = overPixels(y, indexType, (row, column) =>
    loop(indexType, 'k', outputs, (k) =>
      sequence(
        group(k),
        [`float sum = ${bias ? fromFlash('bias', k) : '0.0f'};`],
        windowRows(indexType, g, row, (i, fromRow) => {
          const rowTerms = times(fromRow, g.inputWidth * x.stride);
          const weights: Term[] = [
            [k, area],
            [i, rowOf],
          ];
          // The pixels of a window's row lie one behind the other, in the image and in the filter.
          if (dense)
            return loop(indexType, 'c', rowOf, (c) =>
              product(affine(...rowTerms, [column, g.strideWidth * x.stride], [c, 1]), affine(...weights, [c, 1])),
            );
          return windowColumns(indexType, g, column, (j, fromColumn) =>
            loop(indexType, 'c', size, (c) =>
              product(
                affine(...rowTerms, ...times(fromColumn, x.stride), ...first(k), [c, 1]),
                affine(...weights, [j, size], [c, 1]),
              ),
            ),
          );
        }),
        [`${element('y', y, row, column, [k, 1])} = ${activated(activation, 'sum')};`],
      ),
    ),
  );
  const name =
    groups === 1 ? 'convolution' : groups === channelsOf(x.shape) ? 'depthwise convolution' : `convolution in ${groups} groups`;
  return {
    comment: `${windowText(name, g)}${shapesText([x], y)}${thenText(activation)}`,
    inputs: ['x'],
    inPlace: false,
    constants: weightsAndBias({ ...constantArray('filter', filter), data: () => outputsFirst(filter) }, bias),
    body,
    helpers: helpersOf(activation),
  };
}

/** A filter [KH,KW,C,K] as [K,KH,KW,C]. */
function outputsFirst({ shape, data }: Constant): Float32Array {
  const outputs = shape[3] ?? 1;
  return permuted(data, [data.length / outputs, outputs], [1, 0]);
}
