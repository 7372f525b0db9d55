import { placeLabels } from './labels.ts';
import { html, type Markup } from './markup.ts';
import type { Scale } from './scale.ts';

// Pictures of a page, drawn without ECharts, which `plot` loads when it is called: a page is made at once, from `paredown`, whose users
// load no chart library. They follow the reader's colours, and each mark has a name to point at.

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Points that are told apart: each says its name when pointed at, and some have it written beside them. */
export interface Named extends Point {
  readonly title: string;
  readonly label?: string;
  /** Its label gives way to others, and is for a wide window alone. */
  readonly minor?: boolean;
}

export interface Curve {
  readonly title: string;
  readonly points: readonly Point[];
}

export type Layer =
  /** Many small points in one path. */
  | { readonly type: 'dots'; readonly style: Style; readonly name: string; readonly points: readonly Point[] }
  | { readonly type: 'line'; readonly style: Style; readonly name: string; readonly points: readonly Point[] }
  /** Many lines of one kind, each of which says its name when pointed at. */
  | { readonly type: 'curves'; readonly style: Style; readonly name: string; readonly curves: readonly Curve[] }
  | {
      readonly type: 'marks';
      readonly style: Style;
      readonly name: string;
      readonly shape: Shape;
      readonly points: readonly Named[];
    };

/** A class of the style sheet, which gives the colour. */
export type Style = 'pale' | 'faint' | 'first' | 'second' | 'third';
type Shape = 'circle' | 'diamond' | 'square';

export interface Drawing {
  /** Unique in the page; letters and hyphens. */
  readonly id: string;
  readonly title: string;
  /** What the picture shows, for those who do not see it. */
  readonly description: string;
  readonly x: Scale;
  readonly y: Scale;
  readonly layers: readonly Layer[];
  /** Lines across, with a text. */
  readonly levels?: readonly Level[];
  readonly caption: string | Markup;
  /** One small picture for any window, without a legend. */
  readonly small?: boolean;
}

interface Box {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const WIDE: Box = { width: 920, height: 440, left: 66, right: 20, top: 18, bottom: 50 };
const NARROW: Box = { width: 380, height: 380, left: 56, right: 12, top: 18, bottom: 48 };

const SMALL: Box = { width: 380, height: 210, left: 52, right: 12, top: 12, bottom: 44 };

/** A picture with its legend and caption, drawn twice: for a wide window and for a narrow one, of which the style sheet shows one. */
export function figureOf(drawing: Drawing): Markup {
  if (drawing.small)
    return html`<figure class="small">${svg(drawing, SMALL, 'small')}<figcaption>${drawing.caption}</figcaption></figure>`;
  const shown = drawing.layers.filter((layer) => !isEmpty(layer));
  return html`<figure>
<ul class="legend">${shown.map((layer) => html`<li>${swatch(layer)}${layer.name}</li>`)}</ul>
<div class="wide">${svg(drawing, WIDE, 'wide')}</div><div class="narrow">${svg(drawing, NARROW, 'narrow')}</div>
<figcaption>${drawing.caption}</figcaption></figure>`;
}

function svg(drawing: Drawing, box: Box, size: string): Markup {
  const id = `${drawing.id}-${size}`;
  const positionOf = ({ x, y }: Point) => ({
    x: box.left + drawing.x.at(x) * (box.width - box.left - box.right),
    y: box.height - box.bottom - drawing.y.at(y) * (box.height - box.top - box.bottom),
  });
  const placed = <P extends Point>(points: readonly P[]): P[] =>
    points.filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y)).map((point) => ({ ...point, ...positionOf(point) }));
  const visible = drawing.layers.map((layer): Layer => {
    if (layer.type === 'marks') return { ...layer, points: placed(layer.points) };
    if (layer.type !== 'curves') return { ...layer, points: placed(layer.points) };
    return { ...layer, curves: layer.curves.map((curve) => ({ ...curve, points: placed(curve.points) })) };
  });
  const levels = (drawing.levels ?? []).filter(({ axis, value }) => {
    const share = drawing[axis].at(value);
    return share >= 0 && share <= 1;
  });
  const positions = levels.map((level) => levelPosition(level, drawing, box));
  const texts = positions.map(
    ({ x, y, anchor, text }) => html`<text class="floor" x="${r(x)}" y="${r(y)}" text-anchor="${anchor}">${text}</text>`,
  );
  return html`<svg viewBox="0 0 ${box.width} ${box.height}" role="img" aria-labelledby="${id}-t ${id}-d">
<title id="${id}-t">${drawing.title}</title><desc id="${id}-d">${drawing.description}</desc>
${axes(drawing, box)}${positions.map(({ path }) => html`<path class="level" d="${path}"/>`)}
${visible.map(drawn)}${labelled(visible, box, positions)}${texts}</svg>`;
}

function isEmpty(layer: Layer): boolean {
  return layer.type === 'curves' ? layer.curves.length === 0 : layer.points.length === 0;
}

function axes({ x, y }: Drawing, box: Box): Markup {
  const [right, floor] = [box.width - box.right, box.height - box.bottom];
  const xTicks = spaced(
    x.ticks.map(({ value, label }) => ({ label, at: box.left + x.at(value) * (right - box.left) })),
    (label) => 7 * label.length + 12,
  );
  const yTicks = spaced(
    y.ticks.map(({ value, label }) => ({ label, at: floor - y.at(value) * (floor - box.top) })),
    () => 20,
  );
  return html`<g class="grid">${xTicks.map(({ at }) => html`<path d="M${r(at)} ${box.top}V${floor}"/>`)}${yTicks.map(({ at }) => html`<path d="M${box.left} ${r(at)}H${right}"/>`)}</g>
<path class="axis" d="M${box.left} ${box.top}V${floor}H${right}"/>
<g class="ticks">${xTicks.map(({ at, label }) => html`<text x="${r(at)}" y="${floor + 18}" text-anchor="middle">${label}</text>`)}${yTicks.map(({ at, label }) => html`<text x="${box.left - 8}" y="${r(at + 4)}" text-anchor="end">${label}</text>`)}</g>
<g class="names"><text x="${(box.left + right) / 2}" y="${box.height - 8}" text-anchor="middle">${x.title}</text><text transform="translate(13 ${(box.top + floor) / 2}) rotate(-90)" text-anchor="middle">${y.title}</text></g>`;
}

/** Leaves out what would stand on what came before it. */
function spaced<Tick extends { readonly at: number; readonly label: string }>(
  ticks: readonly Tick[],
  room: (label: string) => number,
): Tick[] {
  const kept: Tick[] = [];
  for (const tick of ticks) {
    const isFree = kept.every(({ at, label }) => Math.abs(tick.at - at) >= (room(label) + room(tick.label)) / 2);
    if (isFree) kept.push(tick);
  }
  return kept;
}

interface Level {
  readonly axis: 'x' | 'y';
  readonly value: number;
  readonly label: string;
}

/** Where the text of a line across stands, and the line itself. */
function levelPosition({ axis, value, label }: Level, { x, y }: Drawing, box: Box) {
  const [right, floor] = [box.width - box.right, box.height - box.bottom];
  if (axis === 'y') {
    const at = floor - y.at(value) * (floor - box.top);
    return { x: right - 4, y: at - 5, anchor: 'end', text: label, path: `M${box.left} ${r(at)}H${right}` } as const;
  }
  const at = box.left + x.at(value) * (right - box.left);
  const path = `M${r(at)} ${box.top}V${floor}`;
  return at > (box.left + right) / 2
    ? ({ x: at - 6, y: box.top + 10, anchor: 'end', text: label, path } as const)
    : ({ x: at + 6, y: box.top + 10, anchor: 'start', text: label, path } as const);
}

function drawn(layer: Layer): Markup {
  if (isEmpty(layer)) return html``;
  switch (layer.type) {
    case 'dots':
      return html`<path class="dots ${layer.style}" d="${layer.points.map(({ x, y }) => `M${r(x)} ${r(y)}h0`).join('')}"/>`;
    case 'line':
      return html`<path class="line ${layer.style}" d="${pathOf(layer.points)}"/>`;
    case 'curves':
      return html`<g class="curves ${layer.style}">${layer.curves.map(({ title, points }) => html`<path d="${pathOf(points)}"><title>${title}</title></path>`)}</g>`;
    case 'marks':
      return html`<g class="marks ${layer.style}">${layer.points.map((point) => html`<path d="${outline(layer.shape, point)}"><title>${point.title}</title></path>`)}</g>`;
  }
}

/** A line of one point is a dot. */
function pathOf(points: readonly Point[]): string {
  const [only] = points;
  if (only && points.length === 1) return `M${r(only.x)} ${r(only.y)}h0`;
  return points.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${r(x)} ${r(y)}`).join('');
}

function labelled(layers: readonly Layer[], box: Box, texts: readonly ReturnType<typeof levelPosition>[]): Markup {
  const all = layers.flatMap((layer) => (layer.type === 'marks' ? layer.points : []));
  const marks = box === WIDE ? all : all.map((point) => (point.minor ? { ...point, label: undefined } : point));
  return html`<g class="labels">${placeLabels(marks, box, texts).map(
    ({ text, x, y, anchor, leader }) =>
      html`${leader && html`<path d="${leader}"/>`}<text x="${r(x)}" y="${r(y)}" text-anchor="${anchor}">${text}</text>`,
  )}</g>`;
}

function outline(shape: Shape, { x, y }: Point): string {
  if (shape === 'square') return `M${r(x - 4)} ${r(y - 4)}h8v8h-8z`;
  if (shape === 'diamond') return `M${r(x)} ${r(y - 5.5)}l5.5 5.5l-5.5 5.5l-5.5 -5.5z`;
  return `M${r(x - 4.5)} ${r(y)}a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0z`;
}

function swatch(layer: Layer): Markup {
  const middle = { x: 11, y: 7 };
  const drawing =
    layer.type === 'line'
      ? html`<path class="line ${layer.style}" d="M1 7H21"/>`
      : layer.type === 'curves'
        ? html`<g class="curves ${layer.style}"><path d="M1 11Q6 3 21 3"/></g>`
        : layer.type === 'dots'
          ? html`<path class="dots ${layer.style}" d="M5 9h0M11 4h0M17 8h0"/>`
          : html`<g class="marks ${layer.style}"><path d="${outline(layer.shape, middle)}"/></g>`;
  return html`<svg class="swatch" viewBox="0 0 22 14" aria-hidden="true">${drawing}</svg>`;
}

/** Points of a curve that stays as it is until the next point. */
export function steps(points: readonly Point[]): Point[] {
  return points.flatMap((point, index) => {
    const before = points[index - 1];
    return before ? [{ x: point.x, y: before.y }, point] : [point];
  });
}

/** At most so many of the points, evenly taken from first to last. */
export function thinned<T>(points: readonly T[], most: number): readonly T[] {
  if (points.length <= most) return points;
  return Array.from({ length: most }, (_, index) => points[Math.floor((index * points.length) / most)] as T);
}

/** To a tenth of a pixel. */
function r(value: number): string {
  return String(Math.round(10 * value) / 10);
}
