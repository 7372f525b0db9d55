import { OptionError, ShapeError } from '../../core/errors.ts';
import { shown } from '../../core/shown.ts';
import { formatShape, sameShape } from '../../core/value.ts';
import type { Layer, RepeatLayer } from '../types.ts';
import type { ContainerDefinition } from './definition.ts';

/** How often a layer may run, the repeats around it multiplied: a graph of more is no longer planned in seconds. */
export const MOST_TIMES = 1000;

export const repeatDefinition: ContainerDefinition<RepeatLayer, Layer> = {
  type: 'repeat',
  fields: ['times', 'layers'],
  complete(where, { times, layers }, completeList) {
    if (!Number.isSafeInteger(times) || (times as number) < 1 || (times as number) > MOST_TIMES)
      throw new OptionError(`${where}: times must be an integer from 1 to ${MOST_TIMES}, got ${shown(times)}`);
    const complete = completeList('layers', '', layers);
    if (complete.length === 0) throw new OptionError(`${where}: layers must hold at least one layer`);
    return { times: times as number, layers: complete };
  },
  inner: ({ layers }) => [{ field: 'layers', scope: '', layers }],
  withInner: (layer, [layers = []]) => ({ ...layer, layers }),
  times: ({ times }) => times,
  closed: true,
  outputShape(where, _layer, input, [output = input]) {
    if (!sameShape(input, output))
      throw new ShapeError(
        `${where}: its layers must keep the shape ${formatShape(input)} of their input, since they run again on their output, but ` +
          `make it ${formatShape(output)}; change the number of filters or units, the strides or the padding inside`,
      );
    return output;
  },
  // From the second time on, all times are alike.
  memory: ({ times }, x, _, runInner) => Array.from({ length: Math.min(times, 3) }).reduce<typeof x>((y) => runInner(0, y), x),
  lower: ({ times }, x, lowerInner) => Array.from({ length: times }).reduce<typeof x>((y) => lowerInner(0, y), x),
};
