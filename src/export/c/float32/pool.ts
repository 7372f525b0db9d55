import type { PoolOperation } from '../../../deploy/operations.ts';
import { affine, type Code, loop, sequence } from '../code.ts';
import { floatText } from '../text.ts';
import { element, imageOf, overPixels, shapesText } from './indices.ts';
import { type Emission, NO_HELPERS, type Routine } from './routine.ts';
import { isInside, times, windowColumns, windowRows, windowText } from './window.ts';

/** Of each channel of each window, the largest or the mean of what lies in the image. */
export function pool({ type, window: g }: PoolOperation, { inputs: [x], output: y, indexType }: Emission): Routine {
  const isMaximum = type === 'maxPool2d';
  const area = g.windowHeight * g.windowWidth;
  const isWhole = g.windowHeight === g.inputHeight && g.windowWidth === g.inputWidth && isInside(g);
  const counted = !isMaximum && !isInside(g);
  const visit = (from: string): Code =>
    isMaximum
      ? [`const float value = x[${from}];`, 'if (value > largest) {', ['largest = value;'], '}']
      : [`sum += x[${from}];`, ...(counted ? ['count++;'] : [])];
  const result = isMaximum ? 'largest' : counted ? 'sum / (float)count' : `sum * ${floatText(1 / area)}`;
  const body = overPixels(y, indexType, (row, column) =>
    loop(indexType, 'c', imageOf(y)[2], (c) =>
      sequence(
        [isMaximum ? 'float largest = -3.4028235e38f;' : 'float sum = 0.0f;', ...(counted ? ['int count = 0;'] : [])],
        windowRows(indexType, g, row, (_i, fromRow) =>
          windowColumns(indexType, g, column, (_j, fromColumn) =>
            visit(affine(...times(fromRow, g.inputWidth * x.stride), ...times(fromColumn, x.stride), [c, 1])),
          ),
        ),
        [`${element('y', y, row, column, [c, 1])} = ${result};`],
      ),
    ),
  );
  return {
    comment: `${isMaximum ? 'largest' : 'mean'} of each ${isWhole ? 'channel' : windowText('window', g)}${shapesText([x], y)}`,
    inputs: ['x'],
    inPlace: false,
    constants: [],
    body,
    helpers: NO_HELPERS,
  };
}
