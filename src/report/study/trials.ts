import { score } from '../../search/best.ts';
import { recipeWords } from '../../search/how-trained.ts';
import { fullLength, type Problem } from '../../search/strategy.ts';
import { atBestRate, meanAccuracy, type TrialRecord } from '../../search/trial.ts';
import { changeText } from './changes.ts';
import { numberOf } from './facts.ts';
import { html, type Markup, tableOf } from './markup.ts';
import { count, duration, NOTHING, percent, several } from './text.ts';
import { type Judged, STATUSES, type TrialStatus } from './trial-status.ts';

/** How many trials the list holds at the most. */
const MOST_ROWS = 5000;
/** Different reasons of failure that are listed. */
const MOST_REASONS = 20;

/** How many trials of each length came to which end. */
export function statusTable(problem: Problem, records: readonly TrialRecord[], judged: readonly Judged[]): Markup {
  const full = fullLength(problem);
  const lengths = [...new Set([...problem.rungs, ...records.map(({ samples }) => samples)])].sort((a, b) => a - b);
  const seen = STATUSES.filter(({ status }) => judged.some((one) => one.status === status));
  const counted = (status: TrialStatus | undefined, samples?: number) =>
    records.filter(
      (record, index) =>
        (samples === undefined || record.samples === samples) && (status === undefined || judged[index]?.status === status),
    ).length;
  const cell = (value: number) => (value === 0 ? html`<span class="zero">0</span>` : count(value));
  const rowOf = (title: string, samples?: number) => [
    title,
    ...seen.map(({ status }) => cell(counted(status, samples))),
    cell(counted(undefined, samples)),
  ];
  const rows = lengths.map((samples) => rowOf(`${count(samples)}${samples === full ? ' (full length)' : ''}`, samples));
  const columns = [
    { title: 'training samples a seed' },
    ...seen.map(({ title }) => ({ title, kind: 'number' as const })),
    { title: 'trials', kind: 'number' as const },
  ];
  return html`${tableOf('What became of the trials, judged at the end of the study', columns, rows, { total: rowOf('total') })}
<dl class="meanings">${seen.map(({ title, meaning }) => html`<dt>${title}</dt><dd>${meaning}</dd>`)}</dl>`;
}

/** Why trainings failed, the most frequent reason first. */
export function failures(records: readonly TrialRecord[]): Markup | undefined {
  const reasons = new Map<string, { readonly status: string; readonly reason: string; trials: number }>();
  for (const { outcome } of records) {
    if (outcome.status === 'trained') continue;
    const { status, reason } = outcome;
    const known = reasons.get(`${status} ${reason}`) ?? { status, reason, trials: 0 };
    known.trials++;
    reasons.set(`${status} ${reason}`, known);
  }
  if (reasons.size === 0) return undefined;
  const order = [...reasons.values()].sort((a, b) => b.trials - a.trials);
  const shown = order.slice(0, MOST_REASONS);
  const left = order.slice(MOST_REASONS);
  const trials = left.reduce((sum, reason) => sum + reason.trials, 0);
  const columns = [{ title: 'outcome' }, { title: 'reason', kind: 'words' }, { title: 'trials', kind: 'number' }] as const;
  return html`${tableOf(
    'Trainings that came to nothing',
    columns,
    shown.map((reason) => [reason.status, reason.reason, count(reason.trials)]),
  )}${left.length > 0 ? html`<p class="note">${several(left.length, 'more reason')}, of ${several(trials, 'trial')}, are left out here; the list of trials has them.</p>` : undefined}`;
}

/** Every trial, or, where there are too many, those of full length and the latest of the others; `parts`: those that have a part of their own. */
export function trialList(
  problem: Problem,
  records: readonly TrialRecord[],
  judged: readonly Judged[],
  name: string,
  parts: ReadonlySet<number>,
): Markup {
  const full = fullLength(problem);
  const indexOf = new Map(records.map(({ key }, index) => [key, index]));
  const numberOfKey = new Map(records.map((record) => [record.key, numberOf(record)]));
  const titles = new Map(STATUSES.map(({ status, title }) => [status, title]));
  const listed = listedOf(records, full, MOST_ROWS);
  const left = records.length - listed.size;
  const rows = records.flatMap((record, index) => {
    if (!listed.has(index)) return [];
    const { origin, samples, seeds, rates, wallMs, inherits, recipe } = record;
    const parentIndex = origin.parent === undefined ? undefined : indexOf.get(origin.parent);
    const parent = parentIndex === undefined ? undefined : records[parentIndex];
    const from = parent && parentIndex !== undefined ? trialLink(parent, listed.has(parentIndex)) : NOTHING;
    const best = atBestRate(record);
    const rate = best ? `${best.rate}${rates.length > 1 ? ` of ${rates.length}` : ''}` : rates.join(' ');
    const { status, reason } = judged[index] ?? { status: 'open', reason: '' };
    const number = numberOf(record);
    const numbers = [count(score(problem, record)), count(samples), seeds.length, rate, percent(meanAccuracy(record))];
    const cell = (content: Markup | string | number) => html`<td class="n">${content}</td>`;
    return [
      html`<tr${!parts.has(index) && html` id="t${number}"`}>${cell(trialLink(record, true))}${cell(from)}<td class="w">${changeText(origin.change, numberOfKey)}${inherits && html` <span class="soft">with its weights</span>`}${recipe && html` <span class="soft">(${recipeWords(recipe)})</span>`}</td>${numbers.map(cell)}${cell((wallMs / 1000).toFixed(1))}<td class="w">${titles.get(status)}: ${reason}</td></tr>\n`,
    ];
  });
  const total = records.reduce((sum, { wallMs }) => sum + wallMs, 0);
  const numbers = [name, 'samples a seed', 'seeds', 'best learning rate', 'validation', 'seconds'];
  const heads = ['trial', 'from', 'change', ...numbers, 'what became of it and why'];
  const words = new Set(['change', 'what became of it and why']);
  return html`<details class="trials"><summary>${left > 0 ? 'Most of the' : 'All'} ${several(records.length, 'trial')} (${duration(total)} of training)</summary>
${left > 0 ? html`<p class="note">${count(rows.length)} of ${count(records.length)} trials are listed: the trainings of full length first, then the latest of the others. The ${count(left)} left out are in the study's own file.</p>` : undefined}
<div class="tools"></div><div class="scroll" tabindex="0" role="group" aria-label="Table that scrolls"><table data-tools>
<caption>Trials in their order</caption>
<thead><tr>${heads.map((head) => (words.has(head) ? html`<th scope="col">${head}</th>` : html`<th scope="col" class="n">${head}</th>`))}</tr></thead>
<tbody>
${rows}</tbody></table></div></details>`;
}

function trialLink(record: TrialRecord, isListed: boolean): Markup {
  const number = numberOf(record);
  return isListed ? html`<a href="#t${number}">${number}</a>` : html`${number}`;
}

/** The indices of so many trials at the most: those of full length, and the latest of the others. */
export function listedOf(records: readonly TrialRecord[], full: number, most: number): ReadonlySet<number> {
  const indices = records.map((_, index) => index);
  const long = indices.filter((index) => (records[index]?.samples ?? 0) >= full);
  const short = indices.filter((index) => (records[index]?.samples ?? 0) < full);
  const kept = long.slice(-most);
  const room = most - kept.length;
  const chosen = new Set([...kept, ...(room > 0 ? short.slice(-room) : [])]);
  return new Set(indices.filter((index) => chosen.has(index)));
}
