import { elements } from '../../core/value.ts';
import { describe } from '../../model/describe.ts';
import { layerList, resolve } from '../../model/resolve.ts';
import type { Model } from '../../model/types.ts';
import { layerText } from './layers/registry.ts';
import { html, type Markup, tableOf } from './markup.ts';
import { count } from './text.ts';

/** The layer table of a network, its counts those of `describe`. */
export function layerTable(model: Model, caption: string): Markup {
  const { layers, parameters, activations, macs } = describe(model);
  const details = layerList(resolve(model)).map(({ layer }) => layerText(layer));
  const depth = (name: string) => layers.filter((outer) => name.startsWith(`${outer.name}/`)).length;
  const columns = [
    { title: 'layer' },
    { title: 'what it is', kind: 'words' },
    { title: 'output' },
    { title: 'parameters', kind: 'number' },
    { title: 'activations', kind: 'number' },
    { title: 'multiply-accumulates', kind: 'number' },
  ] as const;
  const rows = layers.map((layer, index) => [
    html`<span class="d${Math.min(3, depth(layer.name))}">${layer.name}</span>`,
    details[index],
    layer.outputShape.join('\u00d7'),
    count(layer.parameters),
    count(layer.activations),
    count(layer.macs),
  ]);
  const input = ['input', '', model.input.join('\u00d7'), '0', count(elements(model.input)), '0'];
  const total = ['total', '', '', count(parameters), count(activations), count(macs)];
  return tableOf(caption, columns, [input, ...rows], { total });
}
