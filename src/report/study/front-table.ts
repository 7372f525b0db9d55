import { textTable } from '../../core/text-table.ts';
import { aboveTest } from '../../search/conclusion.ts';
import type { CostName } from '../../search/costs.ts';
import { decidingOf, type Facts, factsOfStudy, intervalOf, judgingSamples, type Network, type StudyState } from './facts.ts';
import {
  aboutTestSets,
  apart,
  count,
  judgedOn,
  knownCosts,
  NOTHING,
  objectiveName,
  openFloor,
  percent,
  range,
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
  bytes: 'weight B',
  latency: 'ms',
};

interface Column {
  readonly head: string;
  /** What it is called where it is left out [the head]. */
  readonly name?: string;
  readonly cell: (network: Network) => string;
  readonly left?: boolean;
  /** Those of the highest rank are left out first where there is no room [never]. */
  readonly rank?: number;
}

export interface FrontTableOptions extends StudyState {
  /** Characters that a line of the table may have: columns that matter less are left out, and named [any number]. */
  readonly width?: number;
}

export function frontTable(study: FrontTableOptions): string {
  const { problem, records, width = Number.POSITIVE_INFINITY } = study;
  const facts = factsOfStudy(study);
  const { conclusion, front, confirmed, best, newer } = facts;
  const name = objectiveName(problem.objective);
  const floor = percent(problem.floor);
  const rows = rowsOf(facts);
  const keepsBack = rows.some(({ confirmation }) => confirmation !== undefined);
  const knowsSize = study.data !== undefined;
  const costs = knownCosts(rows).map((cost, index): Column => {
    const matters = (problem.objective.weights[cost] ?? 0) > 0;
    return { head: HEADS[cost], cell: ({ costs: of }) => count(of[cost]), ...(!matters && { rank: 10 + index }) };
  });
  const columns: readonly Column[] = [
    { head: '', cell: ({ key }) => (key === best?.key ? '*' : key === facts.nearest?.key ? '~' : ''), left: true },
    { head: 'trial', cell: ({ number }) => (number === undefined ? NOTHING : String(number)) },
    ...costs,
    { head: 'seeds', cell: ({ seeds }) => String(seeds.length), rank: 5 },
    { head: 'validation', cell: ({ validation }) => spread(validation), ...(keepsBack && { rank: 4 }) },
    ...(keepsBack ? [{ head: 'kept back', cell: ({ confirmation = [] }: Network) => spread(confirmation) }] : []),
    { head: 'bound', cell: ({ bound }) => percent(bound), rank: 2 },
    ...(knowsSize ? [{ head: 'interval', cell: (network: Network) => range(intervalOf(network, study.data)), rank: 6 }] : []),
    { head: 'floor', cell: (network) => VERDICTS[verdictOn(decidingOf(network), problem.floor)], left: true },
    { head: 'test', cell: ({ test }) => spread(test) },
    {
      head: 'floor',
      name: 'floor on test',
      cell: ({ test }) => VERDICTS[verdictOn(test, problem.floor)],
      left: true,
      rank: 3,
    },
  ];
  const shown = fitting(columns, rows, width);
  const hidden = columns.filter((column) => !shown.includes(column));
  const shows = (head: string) => shown.some((column) => column.head === head);
  const said = [
    best
      ? `* the smallest that holds the floor of ${floor} on ${judgedOn(best)}: ${count(best.cost)} ${name}`
      : `No network holds the floor of ${floor}${nearestWords(facts, name)}.`,
    ...(best ? openFloor(problem.floor, intervalOf(best, study.data), judgingSamples(best, study.data)) : []),
    ...(newer
      ? [
          `Found since then: trial ${newer.number}, ${count(newer.cost)} ${name}, bound ${percent(newer.bound)}; no test figure yet.`,
        ]
      : []),
    conclusion
      ? `The test set was looked at ${facts.looks === 1 ? 'once' : `${facts.looks} times`}, last on ${when(conclusion.date)}.`
      : `The test set was not looked at; ${several(records.length, 'trial')} so far.`,
    ...aboutTestSets(facts),
    ...apart(conclusion && aboveTest(facts.finalists)),
    ...(rows.length > 0 && shows('interval') ? [aboutInterval(keepsBack, study.data)] : []),
    ...(rows.length > 0 && shows('bound') ? ['bound: the least that the seeds leave likely of the mean (95%, one-sided).'] : []),
    ...(!conclusion && front.length > 0 && confirmed.length === 0
      ? ['None of these is confirmed: they were trained from fewer than five seeds.']
      : []),
    ...(hidden.length > 0 && rows.length > 0
      ? [`Left out where lines have ${width} characters: ${hidden.map(({ head, name: called = head }) => called).join(', ')}.`]
      : []),
  ];
  if (rows.length === 0) return ['No network was trained at full length yet.', ...said].join('\n');
  const left = new Set(shown.flatMap((column, index) => (column.left ? [index] : [])));
  const { lines, rule } = textTable(cellsOf(shown, rows), left);
  return [lines[0], rule, ...lines.slice(1), '', ...said].join('\n');
}

/** Without those of the highest rank, one after the other, until the lines fit. */
function fitting(columns: readonly Column[], rows: readonly Network[], width: number): readonly Column[] {
  if (textTable(cellsOf(columns, rows)).rule.length <= width) return columns;
  const highest = Math.max(...columns.map(({ rank = 0 }) => rank));
  return highest === 0
    ? columns
    : fitting(
        columns.filter(({ rank }) => rank !== highest),
        rows,
        width,
      );
}

function cellsOf(columns: readonly Column[], rows: readonly Network[]): string[][] {
  return [columns.map(({ head }) => head), ...rows.map((network) => columns.map(({ cell }) => cell(network)))];
}

/** The front, and what comes nearest to the floor where none holds it, by rising cost. */
function rowsOf({ conclusion, finalists, front, nearest, full }: Facts): readonly Network[] {
  const rows = conclusion ? finalists : front;
  const isMissing = nearest && nearest.samples >= full && !rows.some(({ key }) => key === nearest.key);
  return isMissing ? [...rows, nearest].sort((a, b) => a.cost - b.cost) : rows;
}

/** By the figures that it is the nearest by. */
function nearestWords({ nearest, full }: Facts, name: string): string {
  if (!nearest) return '';
  const { number, cost, bound, seeds, samples } = nearest;
  const mean = spread(decidingOf(nearest));
  const bounded = bound === undefined ? '' : `, bound ${percent(bound)}`;
  const short = samples < full ? `, after ${count(samples)} of ${count(full)} samples` : '';
  return `; ~ nearest comes trial ${number ?? NOTHING}: ${count(cost)} ${name}, ${mean} on ${judgedOn(nearest)} from ${several(seeds.length, 'seed')}${bounded}${short}`;
}

function aboutInterval(keepsBack: boolean, data: StudyState['data']): string {
  const [which, samples] = keepsBack ? ['kept back', data?.confirmation] : ['to choose by', data?.validation];
  return `interval: what ${count(samples)} images ${which} leave open of an accuracy on all such images (95%, Wilson).`;
}
