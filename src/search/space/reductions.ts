import type { Model } from '../../model/types.ts';
import { fittingModel, shapeAfter } from './fitting.ts';
import { editsOf } from './layers/registry.ts';
import { fitResiduals } from './residuals.ts';
import { outputIndex } from './structure.ts';

/** Every network that is one step of Dhingra's framework away: without a layer, with half a width, a smaller filter, a larger pool. */
export function reductionsOf(m: Model): { readonly model: Model; readonly change: string }[] {
  const classes = shapeAfter(m.input, m.layers)?.join();
  const output = outputIndex(m.layers);
  return m.layers.flatMap((layer, index) =>
    (editsOf(layer).reductions?.(layer, index === output) ?? []).flatMap(({ to, change }) => {
      const layers = fitResiduals(m.input, [...m.layers.slice(0, index), ...to, ...m.layers.slice(index + 1)]);
      if (shapeAfter(m.input, layers)?.join() !== classes) return [];
      const smaller = fittingModel(m.input, layers);
      return smaller ? [{ model: smaller, change }] : [];
    }),
  );
}
