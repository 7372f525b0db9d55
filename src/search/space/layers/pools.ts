import type { Pair } from '../../../core/geometry.ts';
import type { AvgPool2dLayer } from '../../../model/layers/avg-pool2d.ts';
import type { MaxPool2dLayer } from '../../../model/layers/max-pool2d.ts';
import { avgPool2d, maxPool2d } from '../../../model/layers.ts';
import { oneOf } from '../sample.ts';
import type { Edit, LayerEdits, Site } from './edits.ts';
import { otherPadding } from './windows.ts';

/** Of a pooling: another padding, another pool that the space names, a larger one of its kind. */
export function poolEdits<L extends MaxPool2dLayer | AvgPool2dLayer>(pool: (size: Pair) => L): LayerEdits<L> {
  return {
    role: 'block',
    mutations: {
      padding(layer, site) {
        const padding = otherPadding(layer.padding, 'pooling', site);
        return padding && { to: [{ ...layer, padding }], change: `${padding} padding of a ${layer.type}` };
      },
      pooling: anotherPool,
    },
    reductions({ size: [height, width] }) {
      const larger = [height + 1, width + 1] as const;
      return [{ to: [pool(larger)], change: `pool ${height}x${width} -> ${larger.join('x')}` }];
    },
  };
}

function anotherPool({ type, size: before }: MaxPool2dLayer | AvgPool2dLayer, { space, random }: Site): Edit | undefined {
  const pools = space.blocks.flatMap((block) => (block.type === 'pooling' ? [block] : []));
  if (pools.length === 0) return undefined;
  const { kinds, sizes, padding: paddings } = oneOf(pools, random);
  const [kind, size] = [oneOf(kinds, random), oneOf(sizes, random)];
  const options = { padding: oneOf(paddings, random) };
  const to = kind === 'maximum' ? maxPool2d(size, options) : avgPool2d(size, options);
  return { to: [to], change: `${type} ${before.join('x')} -> ${kind} ${size}x${size}` };
}
