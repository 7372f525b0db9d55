import type { Activation } from '../../core/activation.ts';
import type { Padding } from '../../core/geometry.ts';
import { elements } from '../../core/value.ts';
import { describe } from '../../model/describe.ts';
import { layerList, type ResolvedLayer, resolve } from '../../model/resolve.ts';
import type { Model } from '../../model/types.ts';
import { html, type Markup, tableOf } from './markup.ts';
import { count } from './words.ts';

/** The layer table of a network, its counts those of `describe`. */
export function layerTable(model: Model, caption: string): Markup {
  const { layers, parameters, activations, macs } = describe(model);
  const details = layerList(resolve(model)).map(layerWords);
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

/** What a layer is, in a few words. */
export function layerWords(layer: ResolvedLayer): string {
  const said = (...parts: readonly (string | false)[]) => parts.filter((part) => part !== false && part !== '').join(', ');
  switch (layer.type) {
    case 'conv2d':
      return said(
        `${layer.filters} filters of ${layer.kernel.join('\u00d7')}`,
        strideWords(layer.strides, [1, 1]),
        layer.dilations.some((dilation) => dilation > 1) && `dilation ${layer.dilations.join('\u00d7')}`,
        layer.groups > 1 && `${layer.groups} groups`,
        paddingWords(layer.padding),
        !layer.bias && 'no bias',
        activationWords(layer.activation),
      );
    case 'depthwiseConv2d':
      return said(
        `${layer.kernel.join('\u00d7')}`,
        layer.multiplier > 1 && `${layer.multiplier} a channel`,
        strideWords(layer.strides, [1, 1]),
        layer.dilations.some((dilation) => dilation > 1) && `dilation ${layer.dilations.join('\u00d7')}`,
        paddingWords(layer.padding),
        !layer.bias && 'no bias',
        activationWords(layer.activation),
      );
    case 'maxPool2d':
    case 'avgPool2d':
      return said(layer.size.join('\u00d7'), strideWords(layer.strides, layer.size), paddingWords(layer.padding));
    case 'dense':
      return said(`${layer.units} units`, !layer.bias && 'no bias', activationWords(layer.activation));
    case 'dropout':
      return `rate ${layer.rate}`;
    case 'activation':
      return activationWords(layer.activation);
    case 'branch':
      return `${layer.paths.length} paths side by side`;
    case 'residual':
      return 'x + what it holds';
    case 'flatten':
    case 'batchNorm':
    case 'globalAvgPool2d':
      return '';
  }
}

function strideWords(strides: readonly number[], usual: readonly number[]): string {
  return strides.join() === usual.join() ? '' : `stride ${strides.join('\u00d7')}`;
}

function paddingWords(padding: Padding): string {
  return typeof padding === 'string' ? padding : `padding ${padding.join(' ')}`;
}

function activationWords(activation: Activation | undefined): string {
  if (activation === undefined) return '';
  return typeof activation === 'string' ? activation : `${activation.type} ${activation.slope ?? 0.01}`;
}
