import { elements } from '../../core/value.ts';
import { describe } from '../../model/describe.ts';
import type { Model } from '../../model/types.ts';
import { layerPicture } from './layer-diagram.ts';
import { layerRows } from './layer-rows.ts';
import { html, type Markup, tableOf } from './markup.ts';
import { count } from './text.ts';

/** A network as a picture and, beside it where there is room, as a table. */
export function layersOf(model: Model, caption: string): Markup {
  return html`<div class="beside"><figure class="scroll" tabindex="0" aria-label="Picture of the layers">${layerPicture(model)}</figure>${layerTable(model, caption)}</div>
<p class="soft">Between layers: what passes there, the wider the more values (by their logarithm). The bar in a layer is its share of the parameters.</p>`;
}

/** The layer table of a network, its counts those of `describe`. */
export function layerTable(model: Model, caption: string): Markup {
  const { parameters, activations, macs } = describe(model);
  const columns = [
    { title: 'layer' },
    { title: 'what it is', kind: 'words' },
    { title: 'output' },
    { title: 'parameters', kind: 'number' },
    { title: 'activations', kind: 'number' },
    { title: 'multiply-accumulates', kind: 'number' },
  ] as const;
  const rows = layerRows(model).map((layer) => [
    html`<span class="d${Math.min(3, layer.depth)}">${layer.name}</span>`,
    layer.words,
    layer.outputShape.join('\u00d7'),
    count(layer.parameters),
    count(layer.activations),
    count(layer.macs),
  ]);
  const input = ['input', '', model.input.join('\u00d7'), '0', count(elements(model.input)), '0'];
  const total = ['total', '', '', count(parameters), count(activations), count(macs)];
  return tableOf(caption, columns, [input, ...rows], { total });
}
