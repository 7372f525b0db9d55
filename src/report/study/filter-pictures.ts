import { layerList, resolve } from '../../model/resolve.ts';
import type { Model } from '../../model/types.ts';
import { checkWeights, type Weights } from '../../model/weights.ts';
import { formatPlain } from '../format.ts';
import { html, type Markup } from './markup.ts';
import { pathsOf } from './pixels.ts';
import { several } from './text.ts';

/** What is drawn at the most. */
const MOST_FILTERS = 64;
const MOST_CHANNELS = 8;
const SHADES = 8;
/** Weights in a row of the picture, and pixels of each. */
const ROW = 56;
const PIXEL = 9;

/**
 * The filters of the first convolution as a picture, an SVG text, a square a weight: blue where it adds, orange where it subtracts, the
 * fuller the larger. The first 64 filters, of each the first 8 channels, side by side. Undefined for a model without a convolution of
 * images. Throws a ShapeError where `weights` are not those of the model.
 */
export function filterPictures(model: Model, weights: Weights): string | undefined {
  checkWeights(model, weights);
  return filtersOf(model, weights)?.text.replace('<svg', '<svg xmlns="http://www.w3.org/2000/svg"');
}

export function filtersOf(model: Model, weights: Weights): Markup | undefined {
  const layer = layerList(resolve(model)).find(({ layer: { type } }) => type === 'conv2d' || type === 'depthwiseConv2d');
  const filter = layer && weights.get(`${layer.weightsOf}/filter`);
  if (!layer || !filter) return undefined;
  const [rows = 1, columns = 1, second = 1, third = 1] = filter.shape;
  // Of a depthwise convolution each channel has filters of its own.
  const isDepthwise = layer.layer.type === 'depthwiseConv2d';
  const [channels, filters] = isDepthwise ? [1, second * third] : [second, third];
  const weightAt = (row: number, column: number, channel: number, index: number) =>
    filter.data[((row * columns + column) * (isDepthwise ? 1 : channels) + channel) * filters + index] ?? 0;
  const drawn = { filters: Math.min(filters, MOST_FILTERS), channels: Math.min(channels, MOST_CHANNELS) };
  const finite = Array.from(filter.data).filter(Number.isFinite);
  const [low, high] = finite.reduce(([least, most], value) => [Math.min(least, value), Math.max(most, value)], [0, 0]);
  const largest = Math.max(-low, high) || 1;
  const cell = { width: drawn.channels * columns + 1, height: rows + 1 };
  const across = Math.min(drawn.filters, Math.max(1, Math.floor(ROW / cell.width)));
  const paths = new Map<string, string>();
  let frames = '';
  for (let index = 0; index < drawn.filters; index++)
    for (let channel = 0; channel < drawn.channels; channel++) {
      const left = 0.5 + (index % across) * cell.width + channel * columns;
      const top = 0.5 + Math.floor(index / across) * cell.height;
      frames += `M${left} ${top}h${columns}v${rows}h-${columns}z`;
      const shadeAt = (row: number, column: number) => {
        const level = Math.round((SHADES * weightAt(row, column, channel, index)) / largest);
        return level === 0 || !Number.isFinite(level) ? undefined : String(level);
      };
      for (const [shade, path] of pathsOf(rows, columns, shadeAt, left, top)) paths.set(shade, (paths.get(shade) ?? '') + path);
    }
  const [width, height] = [across * cell.width, Math.ceil(drawn.filters / across) * cell.height];
  const left = [
    filters > drawn.filters && `the first ${drawn.filters} filters`,
    channels > drawn.channels && `the first ${drawn.channels} of ${channels} channels`,
  ].filter(Boolean);
  const text = (value: number) => formatPlain(Number(value.toPrecision(3)));
  return html`<svg class="network" width="${PIXEL * width}" height="${PIXEL * height}" viewBox="0 0 ${width} ${height}" role="img"><title>${several(filters, 'filter')} of ${rows}\u00d7${columns} of ${layer.name}${left.length > 0 && `: ${left.join(', ')}`}</title><desc>Weights from ${text(low)} to ${text(high)}; blue adds, orange subtracts.</desc>
<g shape-rendering="crispEdges">${[...paths].map(([shade, path]) => html`<path fill="${Number(shade) > 0 ? '#3f83cf' : '#d9652b'}" fill-opacity="${Math.abs(Number(shade)) / SHADES}" d="${path}"/>`)}</g><path d="${frames}" fill="none" stroke="currentColor" stroke-opacity=".5" stroke-width=".08"/></svg>`;
}
