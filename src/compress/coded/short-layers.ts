import { canonicalJson } from '../../core/json.ts';
import { completeOne } from '../../model/complete.ts';
import { innerLists, withInnerLists } from '../../model/layers/registry.ts';
import type { Layer } from '../../model/types.ts';
import { LAYER_FIELDS } from './vocabulary.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Layers as plain data without what completing them fills in anew: defaults, and pairs of one number. */
export function shortLayers(layers: readonly Layer[]): Fields[] {
  return layers.map((layer) => {
    const inner = innerLists(layer);
    // What is inside does not matter to what a container's own fields come to.
    const outer =
      inner.length > 0
        ? withInnerLists(
            layer,
            inner.map(() => [PLACEHOLDER]),
          )
        : layer;
    const short = shortened(outer);
    return inner.length > 0 ? { ...short, ...insideOf(layer) } : short;
  });
}

const PLACEHOLDER: Layer = { type: 'flatten' };

/** The lists of a container, each layer in it short. */
function insideOf(layer: Layer): Fields {
  const short = (list: readonly Layer[] | undefined) => list && shortLayers(list);
  switch (layer.type) {
    case 'branch':
    case 'merge':
      return { paths: layer.paths.map(shortLayers) };
    case 'residual':
      return { layers: shortLayers(layer.layers), ...(layer.shortcut && { shortcut: short(layer.shortcut) }) };
    case 'gate':
    case 'repeat':
      return { layers: shortLayers(layer.layers) };
    default:
      return {};
  }
}

function shortened(layer: Layer): Fields {
  const { optional } = LAYER_FIELDS[layer.type];
  const whole = canonicalJson(layer);
  const isWhole = (fields: Fields) => canonicalJson(completeOne(layer.type, fields)) === whole;
  let fields: Fields = { ...layer };
  for (const [field, value] of Object.entries(layer)) {
    const { [field]: _, ...without } = fields;
    const single = { ...fields, [field]: Array.isArray(value) && value[0] === value[1] ? value[0] : value };
    if (optional.includes(field) && field !== 'name' && isWhole(without)) fields = without;
    else if (Array.isArray(value) && value.length === 2 && isWhole(single)) fields = single;
  }
  return fields;
}
