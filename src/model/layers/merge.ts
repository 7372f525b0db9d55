import { OptionError, ShapeError } from '../../core/errors.ts';
import { formatShape, sameShape } from '../../core/value.ts';
import { add, multiply } from '../../ops/arithmetic.ts';
import * as field from '../fields.ts';
import type { Layer, MergeLayer } from '../types.ts';
import type { ContainerDefinition } from './definition.ts';
import { completePaths, pathLists } from './paths.ts';

export const mergeDefinition: ContainerDefinition<MergeLayer, Layer> = {
  type: 'merge',
  fields: ['kind', 'paths'],
  complete(where, { kind, paths }, completeList) {
    if (kind === 'concat')
      throw new OptionError(`${where}: the kind of a merge is 'add' or 'multiply'; a concatenation is a branch`);
    return {
      kind: field.oneOf(where, 'kind', kind, ['add', 'multiply'] as const),
      paths: completePaths(where, paths, completeList),
    };
  },
  inner: ({ paths }) => pathLists(paths),
  withInner: (layer, paths) => ({ ...layer, paths }),
  outputShape(where, { kind }, input, outputs) {
    const [first = input] = outputs;
    const other = outputs.findIndex((shape) => !sameShape(shape, first));
    if (other >= 0)
      throw new ShapeError(
        `${where}: to ${kind}, its paths must give the same shape, but path 0 gives ${formatShape(first)} and path ${other} gives ` +
          `${formatShape(outputs[other] ?? [])}; change the number of filters or units, the strides or the padding inside`,
      );
    return first;
  },
  memory: ({ paths }, x, walk, runInner) =>
    paths.map((_, index) => runInner(index, x)).reduce((merged, value) => walk.change(merged, value)),
  lower({ kind, paths }, x, lowerInner) {
    const join = kind === 'add' ? add : multiply;
    return paths.map((_, index) => lowerInner(index, x)).reduce((a, b) => join({ a, b }));
  },
};
