import { elements, type Shape } from '../../core/value.ts';
import { describe, type LayerDescription } from '../../model/describe.ts';
import { layerList, type ResolvedLayer, resolve } from '../../model/resolve.ts';
import type { Model } from '../../model/types.ts';
import { layerText, pictureOf } from './layers/registry.ts';
import { html, type Markup } from './markup.ts';
import { count, several } from './text.ts';

// A network from top to bottom. Whatever is of one kind is one path, or one group of texts: a page may hold hundreds of these pictures.

/** Pixels: of a layer, of what is between layers, of a line of text, and around what a layer holds. */
const WIDTH = 248;
const BAND = 20;
const TOUCH = 4;
const LINE = 14;
const PADDING = 10;
const GAP = 14;
const SKIP = 26;
const CHARACTERS = 37;
const MOST_LINES = 4;

/** The network as a picture, an SVG text that takes the colours of what is around it; its description tells each layer. */
export function layerDiagram(model: Model): string {
  return layerPicture(model).text.replace('<svg', '<svg xmlns="http://www.w3.org/2000/svg"');
}

/** `id`: what another picture of the same network uses it by. */
export function layerPicture(model: Model, id?: string): Markup {
  const { width, height, pen, all, description } = drawnOf(model);
  const { parameters, layers: described } = description;
  const counts = new Map(described.map(({ name, parameters: own }) => [name, own]));
  const words = all.map((layer) => {
    const own = counts.get(layer.name) ?? 0;
    const what = [layerText(layer.layer), own > 0 && several(own, 'parameter')].filter(Boolean).join(', ');
    return `${layer.name}${what && ` (${what})`} gives ${shapeText(layer.outputShape)}`;
  });
  return html`${frame(width, height)}<title>Network of ${several(described.length, 'layer')}, ${several(parameters, 'parameter')}</title><desc>From ${shapeText(model.input)}: ${words.join('; ')}.</desc>
<g${id !== undefined && html` id="${id}"`}>${pen.picture()}</g></svg>`;
}

/** The picture of this model once more, where it stands in the page by this id; `title` tells of what network it is. */
export function pictureAgain(model: Model, id: string, title: string): Markup {
  const { width, height } = drawnOf(model);
  return html`${frame(width, height)}<title>${title}</title><use href="#${id}"/></svg>`;
}

function drawnOf(model: Model) {
  const layers = resolve(model);
  const description = describe(model);
  const all = layerList(layers);
  const shapes = [model.input, ...all.map(({ outputShape }) => outputShape)];
  const pen = new Pen(description.layers, description.parameters, Math.max(...shapes.map(elements)));
  const inner = widthOf(layers);
  const height = pen.list(layers, model.input, PADDING + inner / 2, 2) + 2;
  const width = inner + 2 * PADDING + (all.some(({ layer }) => layer.type === 'join') ? SKIP : 0);
  return { width, height, pen, all, description };
}

function frame(width: number, height: number): Markup {
  return html`<svg class="network" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" font-family="system-ui, sans-serif" font-size="11">`;
}

/** Draws layers below each other, and remembers what it drew by its kind. */
class Pen {
  private readonly drawn = { bands: '', boxes: '', frames: '', lines: '', shares: '' };
  private readonly names: Markup[] = [];
  private readonly beside: Markup[] = [];
  private readonly details: Markup[] = [];
  private readonly shapes: Markup[] = [];
  /** Where each tap lies, by its name. */
  private readonly taps = new Map<string, { readonly x: number; readonly y: number }>();
  private readonly parameters: ReadonlyMap<string, number>;

  constructor(
    described: readonly LayerDescription[],
    private readonly total: number,
    private readonly largest: number,
  ) {
    this.parameters = new Map(described.map(({ name, parameters }) => [name, parameters]));
  }

  picture(): Markup {
    const { bands, boxes, frames, lines, shares } = this.drawn;
    return html`<path d="${bands}" fill="currentColor" fill-opacity=".14"/><path d="${boxes}" fill="currentColor" fill-opacity=".05" stroke="currentColor" stroke-opacity=".55"/>
${frames !== '' && html`<path d="${frames}" fill="none" stroke="currentColor" stroke-opacity=".5" stroke-dasharray="3 3"/>`}${lines !== '' && html`<path d="${lines}" fill="none" stroke="currentColor" stroke-opacity=".7" stroke-width="1.5"/>`}<path class="share" d="${shares}" fill="#3f83cf"/>
<g fill="currentColor"><g font-size="12" font-weight="600">${this.names}</g><g text-anchor="end">${this.beside}</g>${this.details}<g text-anchor="middle">${this.shapes}</g></g>`;
  }

  /** From `top` on, around the middle; returns where it ends. */
  list(layers: readonly ResolvedLayer[], input: Shape, middle: number, top: number): number {
    let y = this.shape(input, middle, top);
    for (const layer of layers) {
      y = layer.inner.length > 0 ? this.container(layer, middle, y) : this.layer(layer, middle, y);
      const isNew = layer.outputShape.join() !== layer.inputShape.join() || layer === layers.at(-1);
      y = isNew ? this.shape(layer.outputShape, middle, y) : this.band(layer.outputShape, middle, y, TOUCH);
    }
    return y;
  }

  private layer({ layer, name }: ResolvedLayer, middle: number, top: number): number {
    const left = middle - WIDTH / 2;
    const own = this.parameters.get(name) ?? 0;
    const text = layerText(layer);
    // A short text stands beside the name.
    const isShort = own === 0 && lastOf(name).length + text.length < CHARACTERS - 4;
    const lines = isShort ? [] : wrapped(text);
    const height = 20 + LINE * lines.length + (own > 0 ? 3 : 0);
    this.drawn.boxes += box(left, top, WIDTH, height);
    if (own > 0 && this.total > 0) this.drawn.shares += box(left, top + height - 3, Math.max(1, (WIDTH * own) / this.total), 3);
    this.heading(name, isShort ? text : own > 0 ? several(own, 'parameter') : '', left, top);
    lines.forEach((line, index) => {
      this.details.push(html`<text x="${r(left + 8)}" y="${r(top + 28 + LINE * index)}">${line}</text>`);
    });
    const right = { x: left + WIDTH, y: top + height / 2 };
    if (layer.type === 'tap') this.taps.set(layer.tap, right);
    const from = layer.type === 'join' ? this.taps.get(layer.tap) : undefined;
    if (from) {
      const side = Math.max(from.x, right.x) + SKIP - 6;
      this.drawn.lines += `M${r(from.x)} ${r(from.y)}H${r(side)}V${r(right.y)}H${r(right.x)}m5 -4l-5 4l5 4`;
    }
    return top + height;
  }

  private container({ layer, name, inner, inputShape }: ResolvedLayer, middle: number, top: number): number {
    const { join, skips = false, repeats = false } = pictureOf(layer);
    const width = containerWidth(inner, skips, repeats);
    const left = middle - width / 2;
    const lines = wrapped(layerText(layer));
    this.heading(name, '', left, top);
    lines.forEach((line, index) => {
      this.details.push(html`<text x="${r(left + 8)}" y="${r(top + 28 + LINE * index)}">${line}</text>`);
    });
    const fork = top + 24 + LINE * lines.length;
    let x = left + PADDING + (skips || repeats ? SKIP : 0);
    const ends = inner.map((list) => {
      const own = list.length === 0 ? SKIP : widthOf(list);
      const at = x + own / 2;
      x += own + GAP;
      return { at, y: list.length === 0 ? fork + 12 : this.list(list, inputShape, at, fork + (join ? 12 : 0)) };
    });
    const lowest = Math.max(...ends.map(({ y }) => y));
    if (!join) {
      if (repeats) {
        const side = left + width - PADDING - 4;
        this.drawn.lines += `M${r(middle + 30)} ${r(lowest - 6)}H${r(side)}V${r(fork + 8)}H${r(middle + 34)}m5 -4l-5 4l5 4`;
      }
      this.drawn.frames += box(left, top, width, lowest + 4 - top);
      return lowest + 4;
    }
    const meeting = lowest + 12;
    const paths = [...(skips ? [{ at: left + PADDING + SKIP / 2, y: fork + 12 }] : []), ...ends];
    for (const { at, y } of paths) {
      this.drawn.lines += `M${r(middle)} ${r(fork)}H${r(at)}v12`;
      this.drawn.lines += `M${r(at)} ${r(y)}V${r(meeting)}H${r(middle)}`;
    }
    const room = 7 * join.length + 8;
    this.drawn.boxes += box(middle - room / 2, meeting, room, 16);
    this.shapes.push(html`<text x="${r(middle)}" y="${r(meeting + 12)}">${join}</text>`);
    this.drawn.frames += box(left, top, width, meeting + 22 - top);
    return meeting + 22;
  }

  private heading(name: string, beside: string, left: number, top: number): void {
    const room = CHARACTERS - 4 - beside.length;
    this.names.push(html`<text x="${r(left + 8)}" y="${r(top + 14)}">${clipped(lastOf(name), room)}</text>`);
    if (beside) this.beside.push(html`<text x="${r(left + WIDTH - 8)}" y="${r(top + 14)}">${beside}</text>`);
  }

  /** What passes between two layers, and how many values that is. */
  private shape(shape: Shape, middle: number, top: number): number {
    this.shapes.push(html`<text x="${r(middle)}" y="${r(top + 14)}">${shapeText(shape)}</text>`);
    return this.band(shape, middle, top, BAND);
  }

  private band(shape: Shape, middle: number, top: number, height: number): number {
    const share = Math.log(1 + elements(shape)) / Math.log(1 + this.largest);
    this.drawn.bands += box(middle - (WIDTH * share) / 2, top, WIDTH * share, height);
    return top + height;
  }
}

function widthOf(layers: readonly ResolvedLayer[]): number {
  return layers.reduce((most, { layer, inner }) => {
    const { skips = false, repeats = false } = pictureOf(layer);
    return inner.length === 0 ? most : Math.max(most, containerWidth(inner, skips, repeats));
  }, WIDTH);
}

function containerWidth(inner: ResolvedLayer['inner'], skips: boolean, repeats: boolean): number {
  const own = inner.reduce((sum, list) => sum + (list.length === 0 ? SKIP : widthOf(list)), 0);
  // The way back of a repeat has its room on both sides, so that what it holds stays in the middle.
  return own + GAP * (inner.length - 1) + 2 * PADDING + (skips ? SKIP : 0) + (repeats ? 2 * SKIP : 0);
}

/** Of a layer inside of others its own name. */
function lastOf(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

/** Words in lines. */
function wrapped(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ').filter(Boolean)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < CHARACTERS) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.slice(0, MOST_LINES).map((line, index) => {
    const isCut = index === MOST_LINES - 1 && lines.length > MOST_LINES;
    return clipped(isCut ? `${line}${' '.repeat(CHARACTERS)}` : line, CHARACTERS);
  });
}

function clipped(text: string, most: number): string {
  const characters = Array.from(text);
  return characters.length <= most
    ? text
    : `${characters
        .slice(0, Math.max(1, most - 1))
        .join('')
        .trimEnd()}\u2026`;
}

function shapeText(shape: Shape): string {
  return shape.map(count).join('\u00d7');
}

function box(x: number, y: number, width: number, height: number): string {
  return `M${r(x)} ${r(y)}h${r(width)}v${r(height)}h${r(-width)}z`;
}

function r(value: number): string {
  return String(Math.round(10 * value) / 10);
}
