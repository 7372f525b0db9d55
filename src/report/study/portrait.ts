import type { Model } from '../../model/types.ts';
import type { Weights } from '../../model/weights.ts';
import { filtersOf } from './filter-pictures.ts';
import { html, type Markup, tableOf } from './markup.ts';
import { pixelPicture } from './pixels.ts';
import { count, percent, several } from './text.ts';

/** What the best network is inside, and what it makes of images. */
export interface Portrait {
  /** Of its trial. */
  readonly key: string;
  readonly seed: number;
  /** Of that training; without them there are no pictures of filters. */
  readonly weights?: Weights;
  /** What came of looking, or in a sentence why nothing did. */
  readonly judged: JudgedImages | string;
}

/** What a network says of labelled images. */
export interface JudgedImages {
  /** What images these are: `validation images`. */
  readonly name: string;
  readonly classNames?: readonly string[];
  /** [label][predicted] */
  readonly confusion: readonly (readonly number[])[];
  /** Some of those that were taken for another class. */
  readonly wrong: readonly WrongImage[];
}

export interface WrongImage {
  readonly label: number;
  readonly predicted: number;
  /** That the network gave to the class that it took it for, and to the right one. */
  readonly probability: number;
  readonly ofLabel: number;
  /** [height, width, 1 or 3] */
  readonly shape: readonly number[];
  /** Bytes, in row-major order. */
  readonly pixels: ArrayLike<number>;
}

/** Of more classes the table would be unreadable: then the pairs that are taken for each other most often. */
const MOST_CLASSES = 30;
const MOST_PAIRS = 20;
const SHADES = 6;

export function portraitSection(model: Model, { weights, judged, seed }: Portrait): Markup {
  const filters = weights && filtersFigure(model, weights, seed);
  return html`${filters && html`<h3>${FILTERS}</h3>\n${filters}`}
${typeof judged === 'string' ? html`<p class="note">${judged}</p>` : judgedContent(judged, seed)}`;
}

export const FILTERS = 'Filters of its first convolution';

/** Undefined where there is no convolution of images. */
export function filtersFigure(model: Model, weights: Weights, seed: number): Markup | undefined {
  const filters = filtersOf(model, weights);
  return (
    filters &&
    html`<figure class="scroll" tabindex="0" aria-label="Picture of the filters">${filters}<figcaption>A square a weight, seed ${seed}: blue adds, orange subtracts, the fuller the larger.</figcaption></figure>`
  );
}

/** What a network takes for what, and images that it gets wrong, below headings of the third level. */
export function judgedContent({ name, classNames, confusion, wrong }: JudgedImages, seed: number): Markup {
  const nameOf = (index: number) => classNames?.[index] ?? String(index);
  const total = confusion.flat().reduce((sum, value) => sum + value, 0);
  const right = confusion.reduce((sum, row, label) => sum + (row[label] ?? 0), 0);
  const missed = total - right;
  const shown = wrong.map(({ label, predicted, probability, ofLabel, shape, pixels }) => {
    const words = `${nameOf(predicted)}, ${percent(probability)}; it is ${nameOf(label)}, ${percent(ofLabel)}`;
    return html`<li>${pixelPicture(pixels, shape, `Taken for ${words}`)}<span><strong>${nameOf(predicted)}</strong> ${percent(probability)}<br>is ${nameOf(label)} ${percent(ofLabel)}</span></li>\n`;
  });
  return html`<h3>What it takes for what</h3>
<p>Of ${count(total)} ${name} the training of seed ${seed} takes ${count(right)} for what they are (${percent(total === 0 ? undefined : right / total)}).</p>
${confusion.length <= MOST_CLASSES ? confusionShades(confusion, nameOf) : pairs(confusion, nameOf)}
${
  missed > 0 &&
  shown.length > 0 &&
  html`<h3>Images that it gets wrong</h3>
<p>${shown.length < missed ? `${shown.length} of ${several(missed, 'image')}, those first of which it was surest` : several(missed, 'image')}: what it takes them for, with the probability that it gives, and what they are, with the probability of that.</p>
<ul class="images">${shown}</ul>`
}`;
}

function confusionShades(confusion: readonly (readonly number[])[], nameOf: (index: number) => string): Markup {
  const sums = confusion.map((row) => row.reduce((sum, value) => sum + value, 0));
  const off = confusion.flatMap((row, label) => row.filter((_, predicted) => predicted !== label));
  const mostWrong = off.reduce((most, value) => Math.max(most, value), 1);
  const cell = (value: number, label: number, predicted: number) => {
    if (value === 0) return html`<td class="n"><span class="zero">0</span></td>`;
    const isRight = label === predicted;
    const share = isRight ? value / Math.max(1, sums[label] ?? 1) : value / mostWrong;
    return html`<td class="n ${isRight ? 'right' : 'wrong'}${Math.max(1, Math.ceil(SHADES * share))}">${count(value)}</td>`;
  };
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Table that scrolls"><table class="confusion">
<caption>Images of each class, by what they are taken for; right ones lie on the diagonal</caption>
<thead><tr><th scope="col">is</th>${confusion.map((_, predicted) => html`<th scope="col" class="n">${nameOf(predicted)}</th>`)}<th scope="col" class="n">right</th></tr></thead>
<tbody>
${confusion.map((row, label) => html`<tr><th scope="row">${nameOf(label)}</th>${row.map((value, predicted) => cell(value, label, predicted))}<td class="n">${percent((row[label] ?? 0) / (sums[label] ?? 0))}</td></tr>\n`)}</tbody></table></div>`;
}

function pairs(confusion: readonly (readonly number[])[], nameOf: (index: number) => string): Markup {
  const all = confusion.flatMap((row, label) => row.map((images, predicted) => ({ label, predicted, images })));
  const wrong = all.filter(({ label, predicted, images }) => label !== predicted && images > 0);
  const most = wrong.sort((a, b) => b.images - a.images).slice(0, MOST_PAIRS);
  const columns = [{ title: 'is' }, { title: 'taken for' }, { title: 'images', kind: 'number' }] as const;
  return tableOf(
    'The classes that are most often taken for another',
    columns,
    most.map(({ label, predicted, images }) => [nameOf(label), nameOf(predicted), count(images)]),
  );
}
