import { score } from '../../search/best.ts';
import { recipeWords } from '../../search/how-trained.ts';
import { fullLength, type Problem } from '../../search/strategy.ts';
import { candidateOf, meanAccuracy, type TrialRecord } from '../../search/trial.ts';
import { changeText } from './changes.ts';
import { type Facts, numberOf } from './facts.ts';
import { html, type Markup, tableOf } from './markup.ts';
import { count, duration, NOTHING, percent, several } from './text.ts';

/** A network of a line of descent, with those of its trials that lie on the line, in their order. */
export interface Generation {
  readonly trials: readonly TrialRecord[];
}

/** The trials that this one comes of, the first ancestor first, and itself. */
export function lineOf(key: string, known: ReadonlyMap<string, TrialRecord>): TrialRecord[] {
  const line: TrialRecord[] = [];
  for (let at = known.get(key); at && !line.includes(at); at = known.get(at.origin.parent ?? '')) line.push(at);
  return line.reverse();
}

/** The networks that this trial's descends from, the first ancestor first; a longer training of a network is no new one. */
export function lineageOf(key: string, records: readonly TrialRecord[]): Generation[] {
  const generations: TrialRecord[][] = [];
  for (const record of lineOf(key, new Map(records.map((one) => [one.key, one])))) {
    const last = generations.at(-1);
    if (last?.[0] && candidateOf(last[0]) === candidateOf(record)) last.push(record);
    else generations.push([record]);
  }
  return generations.map((trials) => ({ trials }));
}

/** Of the best network, or the nearest: what each ancestor was changed by, cost and came to. */
export function lineageSection(problem: Problem, records: readonly TrialRecord[], facts: Facts, name: string): Markup {
  const best = facts.newer ?? facts.best ?? facts.nearest;
  const generations = best ? lineageOf(best.key, records) : [];
  if (generations.length === 0) return html`<p>There is no network yet whose descent could be told.</p>`;
  const which = best === facts.nearest ? 'network that came nearest' : 'best network';
  const numbers = new Map(records.map((record) => [record.key, numberOf(record)]));
  const costOf = (generation: Generation | undefined) =>
    generation?.trials[0] ? score(problem, generation.trials[0]) : undefined;
  const columns = [
    { title: 'trials' },
    { title: 'what was changed', kind: 'words' },
    { title: name, kind: 'number' },
    { title: 'of the one before', kind: 'number' },
    { title: 'longest, samples a seed', kind: 'number' },
    { title: 'validation', kind: 'number' },
    { title: 'time', kind: 'number' },
    { title: 'began with' },
    { title: 'recipe, beside the set-up', kind: 'words' },
  ] as const;
  const rows = generations.map((generation, index) => {
    const { trials } = generation;
    const [first] = trials;
    if (!first) return [];
    const hash = candidateOf(first);
    const all = records.filter((_, other) => facts.hashes[other] === hash);
    const longest = longestOf(all) ?? first;
    const before = costOf(generations[index - 1]);
    const cost = score(problem, first);
    const ms = all.reduce((sum, { wallMs }) => sum + wallMs, 0);
    const handed = first.inherits && numbers.get(first.inherits.key);
    return [
      trials.map((trial, at) => html`${at > 0 && ', '}<a href="#t${numberOf(trial)}">${numberOf(trial)}</a>`),
      changeText(first.origin.change, numbers),
      count(cost),
      before === undefined || before === 0 ? NOTHING : percent(cost / before),
      `${count(longest.samples)}${longest.samples >= fullLength(problem) ? '' : ' (short)'}`,
      `${percent(meanAccuracy(longest))}${longest.seeds.length > 1 ? `, ${several(longest.seeds.length, 'seed')}` : ''}`,
      duration(ms),
      first.inherits ? `weights of ${handed === undefined ? 'the start' : `trial ${handed}`}` : 'nothing',
      first.recipe ? recipeWords(first.recipe) : NOTHING,
    ];
  });
  const ancestors = generations.length - 1;
  const changed =
    ancestors === 0
      ? 'It was changed from no other network.'
      : `It comes of ${several(ancestors, 'ancestor')}, the first at the top.`;
  return html`<p>${changed} A network that was trained again, for longer or from more seeds, is one row, with what its longest training came to and the time of all of them.</p>
${tableOf(`Lineage of the ${which}`, columns, rows, { emphasis: (row) => row === generations.length - 1 })}`;
}

/** Of those that tell an accuracy, that from most seeds where several are as long. */
function longestOf(trials: readonly TrialRecord[]): TrialRecord | undefined {
  return trials
    .filter((record) => meanAccuracy(record) !== undefined)
    .reduce<TrialRecord | undefined>(
      (most, record) =>
        most && (most.samples > record.samples || (most.samples === record.samples && most.seeds.length > record.seeds.length))
          ? most
          : record,
      undefined,
    );
}
