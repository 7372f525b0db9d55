import { ShapeError } from '../../core/errors.ts';
import { formatShape, type Shape, sameShape } from '../../core/value.ts';
import { concat } from '../../ops/concat.ts';
import type { BranchLayer, Layer } from '../types.ts';
import type { ContainerDefinition } from './definition.ts';
import { completePaths, pathLists } from './paths.ts';

export const branchDefinition: ContainerDefinition<BranchLayer, Layer> = {
  type: 'branch',
  fields: ['paths'],
  complete: (where, { paths }, completeList) => ({ paths: completePaths(where, paths, completeList) }),
  inner: ({ paths }) => pathLists(paths),
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
