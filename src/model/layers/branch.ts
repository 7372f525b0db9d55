import { OptionError, ShapeError } from '../../core/errors.ts';
import { shown } from '../../core/shown.ts';
import { formatShape, type Shape, sameShape } from '../../core/value.ts';
import { concat } from '../../ops/concat.ts';
import type { BranchLayer, Layer } from '../types.ts';
import type { ContainerDefinition } from './definition.ts';

export const branchDefinition: ContainerDefinition<BranchLayer, Layer> = {
  type: 'branch',
  fields: ['paths'],
  complete(where, { paths }, completeList) {
    if (!Array.isArray(paths) || paths.length === 0)
      throw new OptionError(`${where}: paths must be an array of at least one path, got ${shown(paths)}`);
    return { paths: Array.from(paths, (path: unknown, index) => completeList(`paths[${index}]`, `${index}/`, path)) };
  },
  inner: ({ paths }) => paths.map((layers, index) => ({ field: `paths[${index}]`, scope: `${index}/`, layers })),
  withInner: (layer, paths) => ({ ...layer, paths }),
  outputShape: (where, _layer, _input, outputs) => joinedShape(where, outputs),
  memory: ({ paths }, x, walk, runInner) =>
    walk.join(
      paths.map((_, index) => {
        const output = runInner(index, x);
        return output === x ? walk.make(x.elements, x) : output;
      }),
    ),
  lower: ({ paths }, x, lowerInner) =>
    concat(Object.fromEntries(paths.map((_, index) => [`path${index}`, lowerInner(index, x)]))),
};

function joinedShape(where: string, outputs: readonly Shape[]): Shape {
  const first = outputs[0] ?? [];
  const leading = first.slice(0, -1);
  outputs.forEach((shape, index) => {
    if (!sameShape(shape.slice(0, -1), leading))
      throw new ShapeError(
        `${where}: the outputs of its paths must agree in all but the last axis, but path 0 gives ${formatShape(first)} ` +
          `and path ${index} gives ${formatShape(shape)}; use the same strides and padding in every path`,
      );
  });
  return [...leading, outputs.reduce((sum, shape) => sum + (shape.at(-1) ?? 0), 0)];
}
