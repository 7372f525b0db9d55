import { aboveTest } from '../../search/conclusion.ts';
import { type Facts, finalistsOf } from './facts.ts';
import { html, type Markup, tableOf } from './markup.ts';
import { networkTable } from './networks.ts';
import type { StudyReport } from './report.ts';
import { aboutTestSets, apart, count, NOTHING, objectiveName, percent, scoreOfSome, several, verdictOn, when } from './text.ts';

/** The networks of the front with their test figures, and how often the test set was looked at. */
export function finalistsSection(report: StudyReport, facts: Facts): Markup {
  const { problem, records, conclusions, data } = report;
  const { conclusion, finalists, front, confirmed, best, others } = facts;
  if (!conclusion) {
    const shown = front.length === 0 ? html`<p>No network was trained at full length.</p>` : undefined;
    const caption =
      confirmed.length > 0
        ? 'Front of the networks with at least five seeds, on validation data'
        : 'Front of the networks with fewer than five seeds, on validation data: none is confirmed';
    return html`<p>${data.test === undefined ? 'There is no test set.' : 'The test set was not looked at: the study is not concluded.'} ${aboutTestSets(facts).join(' ')}</p>
${shown ?? networkTable(report, front, caption, best?.key)}`;
  }
  const held = finalists.filter(({ test }) => verdictOn(test, problem.floor) === 'holds').length;
  const earlier = conclusions
    .filter((one) => one !== conclusion)
    .map((one, index) => {
      const networks = finalistsOf(problem, one, records);
      return html`<details><summary>Look ${index + 1}, ${when(one.date)}${others.includes(one) ? ', at another test set' : ''}: ${several(networks.length, 'network')}</summary>
${networkTable(report, networks, `Finalists of look ${index + 1}`, one.best)}</details>`;
    });
  return html`<p>${looks(facts.looks)} ${[...aboutTestSets(facts), ...apart(aboveTest(finalists))].join(' ')} Of the ${several(finalists.length, 'network')} below, ${
    held === 0 ? 'none holds' : held === 1 ? 'one holds' : `${held} hold`
  } the floor of ${percent(problem.floor)} on the test set.</p>
${
  finalists.length === 0
    ? html`<p>There was no finalist: no network was trained at full length from at least five seeds.</p>`
    : networkTable(report, finalists, `Finalists, as of ${when(conclusion.date)}${best ? '; the best is marked' : ''}`, best?.key)
}
${earlier.length > 0 ? html`<h3>Earlier looks at the test set</h3>${earlier}` : undefined}`;
}

function looks(times: number): string {
  if (times === 1) return 'The test set was looked at once, at the end, for these networks; nothing was chosen by it.';
  return (
    `The test set was looked at ${times} times: the study went on after its first end. Nothing was chosen by it, ` +
    'but whoever saw an earlier figure may have gone on because of it, so the later ones are a little less independent.'
  );
}

/** What others published, with what is known of its costs. */
export function publishedTable({ problem, published }: StudyReport): Markup | undefined {
  if (published.length === 0) return undefined;
  const name = objectiveName(problem.objective);
  const rows = published
    .map((point) => ({ ...point, cost: scoreOfSome(problem.objective, point.costs) }))
    .sort((a, b) => (a.cost ?? Number.POSITIVE_INFINITY) - (b.cost ?? Number.POSITIVE_INFINITY));
  const unknown = rows.filter(({ cost }) => cost === undefined).length;
  const columns = [
    { title: 'network' },
    { title: name, kind: 'number' },
    { title: 'published accuracy', kind: 'number' },
  ] as const;
  return html`<details><summary>The ${several(published.length, 'published network')}</summary>
${tableOf(
  `Published networks, accuracy on test data${unknown > 0 ? `; ${several(unknown, 'network')} without a known cost ${unknown === 1 ? 'is' : 'are'} not drawn` : ''}`,
  columns,
  rows.map(({ name: network, cost, accuracy }) => [network, cost === undefined ? NOTHING : count(cost), percent(accuracy)]),
)}</details>`;
}
