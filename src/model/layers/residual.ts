import { OptionError, ShapeError } from '../../core/errors.ts';
import { formatShape, sameShape } from '../../core/value.ts';
import { add } from '../../ops/arithmetic.ts';
import type { Layer, ResidualLayer } from '../types.ts';
import type { ContainerDefinition } from './definition.ts';

export const residualDefinition: ContainerDefinition<ResidualLayer, Layer> = {
  type: 'residual',
  fields: ['layers'],
  complete(where, fields, completeList) {
    const layers = completeList('layers', '', fields.layers);
    if (layers.length === 0) throw new OptionError(`${where}: layers must hold at least one layer`);
    return { layers };
  },
  inner: ({ layers }) => [{ field: 'layers', scope: '', layers }],
  withInner: (layer, [layers = []]) => ({ ...layer, layers }),
  outputShape(where, _layer, input, [output = input]) {
    if (!sameShape(input, output))
      throw new ShapeError(
        `${where}: its layers must keep the shape ${formatShape(input)} of their input, but make it ` +
          `${formatShape(output)}; change the number of filters or units, the strides or the padding inside`,
      );
    return output;
  },
  memory: (_, x, walk, runInner) => walk.change(runInner(0, x), x),
  lower: (_, x, lowerInner) => add({ a: x, b: lowerInner(0, x) }),
};
