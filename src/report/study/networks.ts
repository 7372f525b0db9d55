import { lowerBound } from '../../search/bound.ts';
import { recipeWords } from '../../search/how-trained.ts';
import { decidingOf, type Facts, intervalOf, judgingSamples, type Network } from './facts.ts';
import { layerTable } from './layer-table.ts';
import { factsOf, html, type Markup, tableOf } from './markup.ts';
import type { StudyReport } from './report.ts';
import {
  COST_TITLES,
  count,
  judgedOn,
  knownCosts,
  NOTHING,
  openFloor,
  percent,
  range,
  several,
  spread,
  VERDICTS,
  type Verdict,
  verdictOn,
} from './text.ts';

export function verdict(word: Verdict): Markup {
  return html`<span class="verdict ${word}">${VERDICTS[word]}</span>`;
}

/** What a network costs and comes to, as names and values. */
export function networkFacts({ problem, data }: Pick<StudyReport, 'problem' | 'data'>, network: Network): Markup {
  const { costs, seeds, validation, confirmation, bound, test, number, key, samples, rate, recipe } = network;
  const judged = confirmation ? 'images kept back' : 'validation';
  const { floor } = problem;
  return factsOf([
    ...knownCosts([network]).map((name) => [COST_TITLES[name], count(costs[name])] as const),
    ['validation', html`${spread(validation)} over ${several(seeds.length, 'seed')}`],
    ...(confirmation ? [['images kept back', html`${spread(confirmation)} over ${several(seeds.length, 'seed')}`] as const] : []),
    [`95% bound of ${judged}`, html`${percent(bound)} ${verdict(verdictOn(decidingOf(network), floor))}`],
    [`95% interval of their number, ${judged}`, range(intervalOf(network, data))],
    ['test', test.length > 0 ? html`${spread(test)} ${verdict(verdictOn(test, floor))}` : verdict('unknown')],
    ...(test.length > 1 ? [['95% bound of test', percent(lowerBound(test))] as const] : []),
    ['trained for', `${count(samples)} samples a seed`],
    ['learning rate', rate === undefined ? NOTHING : String(rate)],
    ...(recipe ? [['recipe, beside the set-up', recipeWords(recipe)] as const] : []),
    ['trial', html`${number === undefined ? NOTHING : html`<a href="#t${number}">${number}</a>`} <code>${key}</code>`],
  ]);
}

/** A table of networks by rising cost, and the layers of each to unfold. */
export function networkTable(
  { problem, data }: Pick<StudyReport, 'problem' | 'data'>,
  networks: readonly Network[],
  caption: string,
  bestKey?: string,
): Markup {
  const { floor } = problem;
  const known = knownCosts(networks);
  const keepsBack = networks.some(({ confirmation }) => confirmation !== undefined);
  const columns = [
    { title: 'trial', kind: 'number' },
    ...known.map((name) => ({ title: COST_TITLES[name], kind: 'number' as const })),
    { title: 'seeds', kind: 'number' },
    { title: 'validation, mean\u00a0\u00b1\u00a0sd', kind: 'number' },
    ...(keepsBack ? [{ title: 'kept back, mean\u00a0\u00b1\u00a0sd', kind: 'number' as const }] : []),
    { title: '95% bound', kind: 'number' },
    { title: 'interval', kind: 'number' },
    { title: keepsBack ? 'floor on images kept back' : 'floor on validation' },
    { title: 'test, mean\u00a0\u00b1\u00a0sd', kind: 'number' },
    { title: 'floor on test' },
  ] as const;
  const rows = networks.map((network) => [
    network.number === undefined ? NOTHING : html`<a href="#t${network.number}">${network.number}</a>`,
    ...known.map((name) => count(network.costs[name])),
    network.seeds.length,
    spread(network.validation),
    ...(keepsBack ? [spread(network.confirmation ?? [])] : []),
    percent(network.bound),
    range(intervalOf(network, data)),
    verdict(verdictOn(decidingOf(network), floor)),
    spread(network.test),
    verdict(verdictOn(network.test, floor)),
  ]);
  const table = tableOf(caption, columns, rows, { emphasis: (row) => networks[row]?.key === bestKey });
  return html`${table}
${networks.map(
  ({ number, key, model, cost, seeds, validation, confirmation, test }) =>
    html`<details><summary>Layers and seeds of ${number === undefined ? key : `trial ${number}`} (${count(cost)})</summary>
${layerTable(model, `Layers, ${number === undefined ? key : `trial ${number}`}`)}
${seedTable(seeds, { validation, ...(confirmation && { 'kept back': confirmation }), test })}</details>`,
)}`;
}

function seedTable(seeds: readonly number[], accuracies: Readonly<Record<string, readonly number[]>>): Markup {
  const columns = ['seed', ...Object.keys(accuracies)].map((title) => ({ title, kind: 'number' as const }));
  return tableOf(
    'Accuracy, seed by seed',
    columns,
    seeds.map((seed, index) => [seed, ...Object.values(accuracies).map((values) => percent(values[index]))]),
  );
}

/** The seed whose weights are kept: the best on validation data, the first of equals. */
export function bestSeed({ seeds, validation }: Network): { readonly seed: number; readonly accuracy: number } | undefined {
  const accuracy = validation.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const seed = seeds[validation.indexOf(accuracy)];
  return seed === undefined ? undefined : { seed, accuracy };
}

/** The first section: the best network, or that there is none. */
export function answer(report: StudyReport, name: string, facts: Facts): Markup {
  const { problem, records, data } = report;
  const trials = records.length;
  const { best, nearest, newer, conclusion } = facts;
  const floor = percent(problem.floor);
  if (best) {
    const seed = bestSeed(best);
    const test = verdictOn(best.test, problem.floor);
    const onTest =
      test === 'unknown'
        ? html`${data.test === undefined ? 'There is no test set.' : 'The test set was not looked at for it.'}`
        : html`On the test set it comes to <strong>${spread(best.test)}</strong>: the floor ${TEST_WORDS[test]}.`;
    return html`<p class="lead">The smallest network that holds the floor of ${floor} on ${judgedOn(best)} has <strong>${count(best.cost)}\u00a0${name}</strong>.
With 95% confidence its mean accuracy there, over all seeds, is above <strong>${percent(best.bound)}</strong>. ${onTest}</p>
${openFloor(problem.floor, intervalOf(best, data), judgingSamples(best, data)).map((sentence) => html`<p class="note">${sentence}</p>`)}
${networkFacts(report, best)}
${seed && html`<p>The weights to keep are those of seed ${seed.seed}, the best on validation data (${percent(seed.accuracy)}).</p>`}
${newer && html`<p class="note">Since that look at the test set the search found a smaller network that holds the floor on validation data: <a href="#t${newer.number}">trial ${newer.number}</a>, ${count(newer.cost)} ${name}, bound ${percent(newer.bound)}. There is no test figure of it yet.</p>`}
${!conclusion && data.test !== undefined && html`<p class="note">The study is not concluded: no network was tried on the test set.</p>`}`;
  }
  if (newer)
    return html`<p class="lead">When the study was concluded no network held the floor of ${floor}. Since then <a href="#t${newer.number}">trial ${newer.number}</a> does, on validation data: <strong>${count(newer.cost)}\u00a0${name}</strong>, bound ${percent(newer.bound)}. The test set was not looked at for it.</p>
${networkFacts(report, newer)}`;
  if (trials === 0) return html`<p class="lead">There is no trial yet, so there is no answer.</p>`;
  if (!nearest)
    return html`<p class="lead">No network holds the floor of ${floor}, and no training came to an end: ${trials === 1 ? 'the only trial' : `all ${count(trials)} trials`} diverged, ${trials === 1 ? 'was' : 'were'} refused, or gave no accuracy.</p>`;
  const isShort = nearest.samples < facts.full;
  return html`<p class="lead">No network holds the floor of ${floor}. Nearest comes ${nearest.number === undefined ? 'one' : html`<a href="#t${nearest.number}">trial ${nearest.number}</a>`} with <strong>${count(nearest.cost)}\u00a0${name}</strong> and <strong>${spread(decidingOf(nearest))}</strong> on ${judgedOn(nearest)}${nearest.bound === undefined ? '' : html`, bound ${percent(nearest.bound)}`}${isShort ? html`, after ${count(nearest.samples)} of ${count(facts.full)} samples: none was trained at full length` : ''}.</p>
${networkFacts(report, nearest)}`;
}

const TEST_WORDS: Readonly<Record<Exclude<Verdict, 'unknown'>, string>> = {
  holds: 'is held there too',
  unproven: 'is reached there by the mean, but the bound is not above it',
  below: 'is not held there',
};
