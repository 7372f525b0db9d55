import type { InputShape, Layer } from '../../model/types.ts';
import { shapeAfter } from './fitting.ts';
import { editsOf, mapInner } from './layers/registry.ts';

/**
 * The same layers, those among them that must be as wide as what comes to them, such as residuals, made so. Without this no width
 * before a residual could change, since each would have to change with another.
 */
export function fitResiduals(input: InputShape, layers: readonly Layer[]): readonly Layer[] {
  const fitted: Layer[] = [];
  for (const layer of layers) {
    const { widen } = editsOf(layer);
    const given = widen && (shapeAfter(input, fitted) as InputShape | undefined);
    fitted.push(given ? mapInner(widen(layer, given), (inner) => fitResiduals(given, inner)) : layer);
  }
  return fitted;
}
