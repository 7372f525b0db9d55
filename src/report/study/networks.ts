import { lowerBound } from '../../search/bound.ts';
import type { Problem } from '../../search/strategy.ts';
import type { Facts, Network } from './facts.ts';
import { layerTable } from './layer-table.ts';
import { factsOf, html, type Markup, tableOf } from './markup.ts';
import type { StudyReport } from './report.ts';
import { COST_TITLES, count, knownCosts, NOTHING, percent, several, spread, VERDICTS, type Verdict, verdictOn } from './text.ts';

export function verdict(word: Verdict): Markup {
  return html`<span class="verdict ${word}">${VERDICTS[word]}</span>`;
}

/** What a network costs and comes to, as names and values. */
export function networkFacts(problem: Problem, network: Network): Markup {
  const { costs, seeds, validation, bound, test, number, key, samples, rate } = network;
  const { floor } = problem;
  return factsOf([
    ...knownCosts([network]).map((name) => [COST_TITLES[name], count(costs[name])] as const),
    ['validation', html`${spread(validation)} over ${several(seeds.length, 'seed')}`],
    ['95% bound of validation', html`${percent(bound)} ${verdict(verdictOn(validation, floor))}`],
    ['test', test.length > 0 ? html`${spread(test)} ${verdict(verdictOn(test, floor))}` : verdict('unknown')],
    ...(test.length > 1 ? [['95% bound of test', percent(lowerBound(test))] as const] : []),
    ['trained for', `${count(samples)} samples a seed`],
    ['learning rate', rate === undefined ? NOTHING : String(rate)],
    ['trial', html`${number === undefined ? NOTHING : html`<a href="#t${number}">${number}</a>`} <code>${key}</code>`],
  ]);
}

/** A table of networks by rising cost, and the layers of each to unfold. */
export function networkTable(problem: Problem, networks: readonly Network[], caption: string, bestKey?: string): Markup {
  const { floor } = problem;
  const known = knownCosts(networks);
  const columns = [
    { title: 'trial', kind: 'number' },
    ...known.map((name) => ({ title: COST_TITLES[name], kind: 'number' as const })),
    { title: 'seeds', kind: 'number' },
    { title: 'validation, mean\u00a0\u00b1\u00a0sd', kind: 'number' },
    { title: '95% bound', kind: 'number' },
    { title: 'floor on validation' },
    { title: 'test, mean\u00a0\u00b1\u00a0sd', kind: 'number' },
    { title: 'floor on test' },
  ] as const;
  const rows = networks.map(({ number, costs, seeds, validation, bound, test }) => [
    number === undefined ? NOTHING : html`<a href="#t${number}">${number}</a>`,
    ...known.map((name) => count(costs[name])),
    seeds.length,
    spread(validation),
    percent(bound),
    verdict(verdictOn(validation, floor)),
    spread(test),
    verdict(verdictOn(test, floor)),
  ]);
  const table = tableOf(caption, columns, rows, { emphasis: (row) => networks[row]?.key === bestKey });
  return html`${table}
${networks.map(
  ({ number, key, model, cost, seeds, validation, test }) =>
    html`<details><summary>Layers and seeds of ${number === undefined ? key : `trial ${number}`} (${count(cost)})</summary>
${layerTable(model, `Layers, ${number === undefined ? key : `trial ${number}`}`)}
${seedTable(seeds, validation, test)}</details>`,
)}`;
}

function seedTable(seeds: readonly number[], validation: readonly number[], test: readonly number[]): Markup {
  const columns = [
    { title: 'seed', kind: 'number' },
    { title: 'validation', kind: 'number' },
    { title: 'test', kind: 'number' },
  ] as const;
  return tableOf(
    'Accuracy, seed by seed',
    columns,
    seeds.map((seed, index) => [seed, percent(validation[index]), percent(test[index])]),
  );
}

/** The seed whose weights are kept: the best on validation data, the first of equals. */
export function bestSeed({ seeds, validation }: Network): { readonly seed: number; readonly accuracy: number } | undefined {
  const accuracy = validation.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const seed = seeds[validation.indexOf(accuracy)];
  return seed === undefined ? undefined : { seed, accuracy };
}

/** The first section: the best network, or that there is none. */
export function answer({ problem, records, data }: StudyReport, name: string, facts: Facts): Markup {
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
    return html`<p class="lead">The smallest network that holds the floor of ${floor} on validation data has <strong>${count(best.cost)}\u00a0${name}</strong>.
With 95% confidence its mean validation accuracy is above <strong>${percent(best.bound)}</strong>. ${onTest}</p>
${networkFacts(problem, best)}
${seed && html`<p>The weights to keep are those of seed ${seed.seed}, the best on validation data (${percent(seed.accuracy)}).</p>`}
${newer && html`<p class="note">Since that look at the test set the search found a smaller network that holds the floor on validation data: <a href="#t${newer.number}">trial ${newer.number}</a>, ${count(newer.cost)} ${name}, bound ${percent(newer.bound)}. There is no test figure of it yet.</p>`}
${!conclusion && data.test !== undefined && html`<p class="note">The study is not concluded: no network was tried on the test set.</p>`}`;
  }
  if (newer)
    return html`<p class="lead">When the study was concluded no network held the floor of ${floor}. Since then <a href="#t${newer.number}">trial ${newer.number}</a> does, on validation data: <strong>${count(newer.cost)}\u00a0${name}</strong>, bound ${percent(newer.bound)}. The test set was not looked at for it.</p>
${networkFacts(problem, newer)}`;
  if (trials === 0) return html`<p class="lead">There is no trial yet, so there is no answer.</p>`;
  if (!nearest)
    return html`<p class="lead">No network holds the floor of ${floor}, and no training came to an end: ${trials === 1 ? 'the only trial' : `all ${count(trials)} trials`} diverged, ${trials === 1 ? 'was' : 'were'} refused, or gave no accuracy.</p>`;
  const isShort = nearest.samples < facts.full;
  return html`<p class="lead">No network holds the floor of ${floor}. The best there was has <strong>${count(nearest.cost)}\u00a0${name}</strong> and comes to <strong>${spread(nearest.validation)}</strong> on validation data${nearest.bound === undefined ? '' : html`, bound ${percent(nearest.bound)}`}${isShort ? html`, after ${count(nearest.samples)} of ${count(facts.full)} samples: none was trained at full length` : ''}.</p>
${networkFacts(problem, nearest)}`;
}

const TEST_WORDS: Readonly<Record<Exclude<Verdict, 'unknown'>, string>> = {
  holds: 'is held there too',
  unproven: 'is reached there by the mean, but the bound is not above it',
  below: 'is not held there',
};
