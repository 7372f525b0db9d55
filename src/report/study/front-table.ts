import { textTable } from '../../core/text-table.ts';
import type { CostName } from '../../search/costs.ts';
import { factsOfStudy, type StudyState } from './facts.ts';
import {
  aboutTestSets,
  count,
  knownCosts,
  NOTHING,
  objectiveName,
  percent,
  several,
  spread,
  VERDICTS,
  verdictOn,
  when,
} from './text.ts';

const HEADS: Readonly<Record<CostName, string>> = {
  parameters: 'parameters',
  macs: 'MACs',
  activations: 'act. B',
  bytes: 'file B',
  latency: 'ms',
};

export function frontTable(study: StudyState): string {
  const { problem, records } = study;
  const facts = factsOfStudy(study);
  const { conclusion, finalists, front, confirmed, best, newer, nearest } = facts;
  const name = objectiveName(problem.objective);
  const floor = percent(problem.floor);
  const rows = conclusion ? finalists : front;
  const known = knownCosts(rows);
  const head = ['', 'trial', ...known.map((cost) => HEADS[cost]), 'seeds', 'validation', 'bound', 'floor', 'test', 'floor'];
  const left = new Set([0, head.indexOf('floor'), head.length - 1]);
  const cells = rows.map(({ key, number, costs, seeds, validation, bound, test }) => [
    key === best?.key ? '*' : '',
    number === undefined ? NOTHING : String(number),
    ...known.map((cost) => count(costs[cost])),
    String(seeds.length),
    spread(validation),
    percent(bound),
    VERDICTS[verdictOn(validation, problem.floor)],
    spread(test),
    VERDICTS[verdictOn(test, problem.floor)],
  ]);
  const said = [
    best
      ? `* the smallest that holds the floor of ${floor} on validation data: ${count(best.cost)} ${name}`
      : `No network holds the floor of ${floor}${nearest ? `; the best there was has ${count(nearest.cost)} ${name} and ${percent(nearest.accuracy)} on validation data` : ''}.`,
    ...(newer
      ? [
          `Found since then: trial ${newer.number}, ${count(newer.cost)} ${name}, bound ${percent(newer.bound)}; no test figure yet.`,
        ]
      : []),
    conclusion
      ? `The test set was looked at ${facts.looks === 1 ? 'once' : `${facts.looks} times`}, last on ${when(conclusion.date)}.`
      : `The test set was not looked at; ${several(records.length, 'trial')} so far.`,
    ...aboutTestSets(facts),
    ...(!conclusion && front.length > 0 && confirmed.length === 0
      ? ['None of these is confirmed: they were trained from fewer than five seeds.']
      : []),
  ];
  if (rows.length === 0) return ['No network was trained at full length yet.', ...said].join('\n');
  const { lines, rule } = textTable([head, ...cells], left);
  return [lines[0], rule, ...lines.slice(1), '', ...said].join('\n');
}
