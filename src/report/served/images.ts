import { factsOf, html, type Markup } from '../study/markup.ts';
import { type JudgedImages, judgedContent } from '../study/portrait.ts';
import { count, percent, several, when } from '../study/text.ts';
import type { Control } from './now.ts';

/** What a training was found to make of images, and when. */
export interface Judgement {
  readonly seed: number;
  /** In ISO 8601. */
  readonly date: string;
  readonly adapter: string;
  readonly judged: JudgedImages;
}

/** How far it is with looking at what a training makes of images, where that is not kept. */
export type Judging =
  /** So many are looked at before. */
  | { readonly state: 'waits'; readonly before: number }
  | { readonly state: 'works'; readonly since: string; readonly progress?: { readonly images: number; readonly of: number } }
  /** `whole`: all that is known of the reason. */
  | { readonly state: 'failed'; readonly reason: string; readonly whole?: string }
  /** It could not be kept in the study, and why. */
  | { readonly state: 'judged'; readonly judgement: Judgement; readonly why: string };

/** What a page can tell of what a trial's network makes of images. */
export type TrialImages =
  /** Why it tells nothing, and nothing can be asked, in sentences. */
  | { readonly state: 'none'; readonly why: Markup | string }
  | {
      readonly state: 'known';
      /** Of the training whose weights are kept. */
      readonly seed: number;
      /** Validation images of the study. */
      readonly images: number;
      /** What is kept of these weights. */
      readonly judgement?: Judgement;
      readonly judging?: Judging;
      /** Key of the trial, which the form sends. */
      readonly key: string;
      readonly control: Control;
    };

export const IMAGES = 'What it makes of images';

export function imagesContent(known: TrialImages): Markup {
  if (known.state === 'none') return html`<p class="note">${known.why}</p>`;
  const { seed, images, judging } = known;
  const judgement = judging?.state === 'judged' ? judging.judgement : known.judgement;
  return html`<p>The weights of seed ${seed} are tried on the study's ${several(images, 'validation image')}, on the adapter of the machine that serves this page, beside what runs there: a process with low priority, which takes seconds to minutes. Nothing is downloaded, and what comes of it is kept in the study's folder.</p>
${form(known, judgement)}
<p id="images-status" role="status">${statusOf(judging, judgement)}</p>
${judging?.state === 'works' && atWork(judging)}${judging?.state === 'failed' && judging.whole !== undefined && html`<details><summary>All that is known of it</summary><pre>${judging.whole}</pre></details>`}${judging?.state === 'judged' && html`<p class="note">It is not kept: ${judging.why}. The server forgets it as it ends.</p>`}${judgement && result(judgement)}`;
}

/** One form in every state, so that the focus stays where it is. */
function form({ control: { action, token }, key, judging }: TrialImages & { state: 'known' }, judgement: Judgement | undefined) {
  const isAsked = judging?.state === 'waits' || judging?.state === 'works';
  const label = judgement ? 'Look at them again' : 'Look at the validation images';
  // What was asked for before this came of it is not asked for again.
  return html`<form id="images-form" class="controls" method="post" action="${action}" data-control>
<input type="hidden" name="token" value="${token}"><input type="hidden" name="trial" value="${key}"><input type="hidden" name="known" value="${judgement?.date ?? ''}">
<button id="images-look" name="request" value="look"${isAsked && html` aria-disabled="true"`} aria-describedby="images-status">${label}</button>${isAsked && html` <button id="images-leave" name="request" value="leave">Leave it</button>`}</form>`;
}

function statusOf(judging: Judging | undefined, judgement: Judgement | undefined): string {
  if (judging?.state === 'waits') return `It waits: ${several(judging.before, 'other')} before it, one at a time.`;
  if (judging?.state === 'works') return 'It is looked at: what comes of it appears here.';
  if (judging?.state === 'failed') return `What it makes of the validation images is not told: ${judging.reason}`;
  if (!judgement) return 'They were not looked at yet.';
  const { confusion } = judgement.judged;
  const total = confusion.flat().reduce((sum, images) => sum + images, 0);
  const right = confusion.reduce((sum, row, label) => sum + (row[label] ?? 0), 0);
  return `It takes ${count(right)} of ${count(total)} images for what they are, ${percent(total === 0 ? undefined : right / total)}.`;
}

function atWork({ since, progress }: Judging & { state: 'works' }): Markup {
  const done = progress && progress.of > 0 ? progress.images / progress.of : undefined;
  return html`<p>${done === undefined ? 'Data and network are made ready' : html`<progress max="1" value="${done.toFixed(3)}" aria-label="Images looked at"></progress> ${count(progress?.images ?? 0)} of ${count(progress?.of ?? 0)} images`}, for <time datetime="${since}" data-since>${when(since)}</time>.</p>`;
}

function result({ seed, date, adapter, judged }: Judgement): Markup {
  return html`${factsOf([
    ['looked at', html`<time datetime="${date}">${when(date)}</time>`],
    ['on', adapter],
  ])}
${judgedContent(judged, seed)}`;
}
