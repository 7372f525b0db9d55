import { OptionError, ShapeError } from '../../core/errors.ts';
import { formatShape, sameShape } from '../../core/value.ts';
import { add } from '../../ops/arithmetic.ts';
import type { Layer, ResidualLayer } from '../types.ts';
import type { ContainerDefinition } from './definition.ts';

export const residualDefinition: ContainerDefinition<ResidualLayer, Layer> = {
  type: 'residual',
  fields: ['layers', 'shortcut'],
  complete(where, fields, completeList) {
    const layers = completeList('layers', '', fields.layers);
    if (layers.length === 0) throw new OptionError(`${where}: layers must hold at least one layer`);
    const shortcut = fields.shortcut === undefined ? [] : completeList('shortcut', 'shortcut/', fields.shortcut);
    if (shortcut.length > 0 && layers.some(({ name }) => name === 'shortcut'))
      throw new OptionError(`${where}: no layer beside a shortcut can be named 'shortcut'; give it another name`);
    return { layers, ...(shortcut.length > 0 && { shortcut }) };
  },
  inner: ({ layers, shortcut }) => [
    { field: 'layers', scope: '', layers },
    ...(shortcut ? [{ field: 'shortcut', scope: 'shortcut/', layers: shortcut }] : []),
  ],
  withInner: (layer, [layers = [], shortcut]) => ({ ...layer, layers, ...(shortcut && { shortcut }) }),
  outputShape(where, { shortcut }, input, [output = input, added = input]) {
    if (sameShape(added, output)) return output;
    throw new ShapeError(
      shortcut
        ? `${where}: its shortcut must give the shape of its layers, ${formatShape(output)}, but gives ${formatShape(added)}; ` +
            'use the same filters or units, strides and padding in both'
        : `${where}: its layers must keep the shape ${formatShape(input)} of their input, but make it ${formatShape(output)}; ` +
            'change the number of filters or units, the strides or the padding inside, or give a shortcut that does the same: ' +
            'residual({ shortcut: [conv2d(...)] }, ...)',
    );
  },
  memory(layer, x, walk, runInner) {
    const y = runInner(0, x);
    return walk.change(y, layer.shortcut ? runInner(1, x) : x);
  },
  lower(layer, x, lowerInner) {
    const y = lowerInner(0, x);
    return add({ a: layer.shortcut ? lowerInner(1, x) : x, b: y });
  },
};
