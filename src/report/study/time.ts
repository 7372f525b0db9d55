import { Pace } from '../../search/pace.ts';
import { fullLength, type Problem } from '../../search/strategy.ts';
import { knownAccuracy, samplesOf, type TrialRecord } from '../../search/trial.ts';
import { numberOf } from './facts.ts';
import { html, Markup, tableOf } from './markup.ts';
import { count, duration, NOTHING, percent, several } from './text.ts';

/** What a search spends its time on. */
const KINDS = [
  { title: 'trained', includes: ({ outcome, seeds }: TrialRecord) => outcome.status === 'trained' && seeds.length === 1 },
  { title: 'confirmations', includes: ({ outcome, seeds }: TrialRecord) => outcome.status === 'trained' && seeds.length > 1 },
  { title: 'stopped', includes: ({ outcome }: TrialRecord) => outcome.status === 'stopped' },
  { title: 'diverged', includes: ({ outcome }: TrialRecord) => outcome.status === 'diverged' },
  { title: 'refused', includes: ({ outcome }: TrialRecord) => outcome.status === 'refused' },
] as const;

/** An error of more than so many times the allowed one is far from the floor. */
const FAR = 4;
/** The longest trials that are told apart. */
const LONGEST = 5;

/** Where the time of the workers went: by length of training and by what came of it. */
export function timeSection(problem: Problem, records: readonly TrialRecord[]): Markup {
  const total = timeOf(records);
  if (!(total > 0)) return html`<p>No trial has taken any time yet.</p>`;
  const full = fullLength(problem);
  const kinds = KINDS.filter(({ includes }) => records.some(includes));
  const lengths = [...new Set([...problem.rungs, ...records.map(({ samples }) => samples)])].sort((a, b) => a - b);
  const rowOf = (title: string, own: readonly TrialRecord[]) => {
    const ms = timeOf(own);
    return [
      title,
      ...kinds.map(({ includes }) => cell(timeOf(own.filter(includes)))),
      cell(ms),
      html`${percent(ms / total)}${own !== records && barOf(ms / total)}`,
    ];
  };
  const rows = lengths.map((samples) =>
    rowOf(
      `${count(samples)}${samples === full ? ' (full length)' : ''}`,
      records.filter((record) => record.samples === samples),
    ),
  );
  const columns = [
    { title: 'training samples a seed' },
    ...kinds.map(({ title }) => ({ title, kind: 'number' as const })),
    { title: 'time', kind: 'number' as const },
    { title: 'share', kind: 'number' as const },
  ];
  const shares = kinds.map(({ includes }) => percent(timeOf(records.filter(includes)) / total));
  const outcomes = [...rows, ['share', ...shares, '', '']];
  return html`<p>${sentences(problem, records, total).join(' ')}</p>
${tableOf('Time of the workers, by length of training and what came of it', columns, outcomes, { total: rowOf('total', records) })}
${workersTable(records, total)}`;
}

function sentences(problem: Problem, records: readonly TrialRecord[], total: number): string[] {
  const allowed = 1 - problem.floor;
  const far = records.filter((record) => {
    const known = knownAccuracy(record);
    return known === undefined || 1 - known.accuracy > FAR * allowed;
  });
  const longest = [...records].sort((a, b) => b.wallMs - a.wallMs).slice(0, LONGEST);
  const { startMs } = new Pace(records);
  const starting = records.reduce((sum, { wallMs }) => sum + Math.min(wallMs, startMs), 0);
  return [
    `${several(records.length, 'trial')} took the workers ${duration(total)}.`,
    ...(far.length > 0
      ? [
          `${percent(timeOf(far) / total)} of it went into the ${several(far.length, 'trial')} that came to nothing, or to more than ${FAR} times the error that the floor allows.`,
        ]
      : []),
    ...(records.length > LONGEST
      ? [`The ${LONGEST} longest trials, ${longest.map(numberOf).join(', ')}, took ${percent(timeOf(longest) / total)}.`]
      : []),
    ...(startMs > 0
      ? [
          `By a fit to the times of all trials, each takes about ${duration(startMs)} before it trains, for planning and compiling: ${percent(starting / total)} of the time.`,
        ]
      : []),
  ];
}

/** Who trained what, of a study whose trials left the machine. */
function workersTable(records: readonly TrialRecord[], total: number): Markup | undefined {
  const workers = new Map<string, TrialRecord[]>();
  for (const record of records) {
    const { worker, adapter, version } = record.trainedBy ?? {};
    const key = JSON.stringify([worker, adapter, version]);
    const own = workers.get(key);
    if (own) own.push(record);
    else workers.set(key, [record]);
  }
  if (records.every(({ trainedBy }) => trainedBy === undefined)) return undefined;
  const columns = [
    { title: 'worker' },
    { title: 'adapter', kind: 'words' },
    { title: 'paredown' },
    { title: 'trials', kind: 'number' },
    { title: 'training samples', kind: 'number' },
    { title: 'time', kind: 'number' },
    { title: 'share', kind: 'number' },
  ] as const;
  const rows = [...workers.values()]
    .sort((a, b) => timeOf(b) - timeOf(a))
    .map((own) => {
      const { worker = 'the machine of the search', adapter = NOTHING, version = NOTHING } = own[0]?.trainedBy ?? {};
      const ms = timeOf(own);
      return [worker, adapter, version, count(own.length), count(samplesOf(own)), cell(ms), percent(ms / total)];
    });
  return tableOf('Who trained the trials', columns, rows);
}

function timeOf(records: readonly TrialRecord[]): number {
  return records.reduce((sum, { wallMs }) => sum + wallMs, 0);
}

function cell(ms: number): Markup | string {
  return ms === 0 ? html`<span class="zero">0</span>` : duration(ms);
}

/** A bar of this share of its cell. */
function barOf(share: number): Markup {
  const width = Math.round(1000 * Math.min(1, Math.max(0, share))) / 10;
  return new Markup(
    `<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><path d="M0 0h${width}v10h-${width}z"/></svg>`,
  );
}
