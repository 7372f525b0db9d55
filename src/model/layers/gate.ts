import { OptionError, ShapeError } from '../../core/errors.ts';
import { formatShape, sameShape } from '../../core/value.ts';
import { multiply } from '../../ops/arithmetic.ts';
import { reshape } from '../../ops/reshape.ts';
import type { GateLayer, Layer } from '../types.ts';
import type { ContainerDefinition } from './definition.ts';

export const gateDefinition: ContainerDefinition<GateLayer, Layer> = {
  type: 'gate',
  fields: ['layers'],
  complete(where, fields, completeList) {
    const layers = completeList('layers', '', fields.layers);
    if (layers.length === 0) throw new OptionError(`${where}: layers must hold at least one layer`);
    return { layers };
  },
  inner: ({ layers }) => [{ field: 'layers', scope: '', layers }],
  withInner: (layer, [layers = []]) => ({ ...layer, layers }),
  outputShape(where, _layer, input, [factor = input]) {
    const channels = input.slice(-1);
    const shapes = input.length === 3 ? [channels, [1, 1, ...channels], input] : [input];
    if (!shapes.some((shape) => sameShape(shape, factor)))
      throw new ShapeError(
        `${where}: its layers must give a factor for each channel or each element, ${shapes.map(formatShape).join(' or ')}, ` +
          `but give ${formatShape(factor)}; end with as many filters or units`,
      );
    return input;
  },
  memory: (_, x, walk, runInner) => walk.change(x, runInner(0, x)),
  lower(_, x, lowerInner) {
    const factor = lowerInner(0, x);
    // [N,C] beside [N,H,W,C] becomes [N,1,1,C].
    const isVector = factor.shape.length < x.shape.length;
    const [batch = 1, channels = 1] = factor.shape;
    return multiply({ a: x, b: isVector ? reshape(factor, [batch, 1, 1, channels]) : factor });
  },
};
