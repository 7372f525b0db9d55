import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'puppeteer-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { zoo } from '../src/index.ts';
import { stepsOf } from '../src/report/study/envelope.ts';
import { factsOfStudy } from '../src/report/study/facts.ts';
import { frontTable } from '../src/report/study/front-table.ts';
import { placeLabels } from '../src/report/study/labels.ts';
import { studyPage } from '../src/report/study/page.ts';
import { countScale } from '../src/report/study/scale.ts';
import { statusesOf } from '../src/report/study/trial-status.ts';
import { bestOf } from '../src/search/best.ts';
import { lowerBound } from '../src/search/bound.ts';
import type { Conclusion } from '../src/search/conclusion.ts';
import type { Problem } from '../src/search/strategy.ts';
import { makeTrial, type Outcome, type TrialRecord } from '../src/search/trial.ts';
import { browserToTest, withBrowser } from './support/browsers.ts';
import { FULL, PROBLEM } from './support/landscape.ts';
import { faults } from './support/markup-faults.ts';
import { concluded, reportOf, searched, somePublished } from './support/study-reports.ts';

const NAMES = ['dhingra/fc-1024', 'dhingra/fc-128', 'dhingra/fc-64', 'dhingra/fc-32', 'dhingra/optimized'] as const;
const SHORT = FULL / 3;

interface Described {
  readonly network: (typeof NAMES)[number];
  readonly accuracy?: readonly number[];
  readonly outcome?: Outcome;
  readonly samples?: number;
  readonly change?: string;
  readonly family?: number;
  readonly strategy?: string;
  readonly inherits?: boolean;
}

/** A study by hand: trials with these accuracies, one a seed. */
function studyOf(trials: readonly Described[]): TrialRecord[] {
  return trials.map((described, number) => {
    const { network, accuracy = [], outcome, samples = FULL, change = 'drawn', family, strategy = 'test' } = described;
    const inherits = described.inherits ? { inherits: { key: 'a', replica: 0 } } : {};
    const model = zoo[network] ?? expect.fail(network);
    const seeds = accuracy.length === 0 ? [1] : accuracy.map((_, seed) => seed + 1);
    const trial = makeTrial(
      { number },
      { model, samples, seeds, rates: [0.01], ...inherits, origin: { strategy, change, family } },
    );
    const trained: Outcome = { status: 'trained', accuracy, loss: accuracy.map(() => 1) };
    return { ...trial, number, outcome: outcome ?? trained, wallMs: 1000 };
  });
}

const about = (mean: number, apart = 0.001, count = 5) =>
  Array.from({ length: count }, (_, seed) => mean + apart * (seed - (count - 1) / 2));
const wordsOf = (page: string) =>
  page
    .replace(/<(style|script)>.*?<\/\1>/gs, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
    .replace(/[\s\u00a0]+/g, ' ');
const pageOf = (records: readonly TrialRecord[], changed: object = {}) => studyPage(reportOf(records, changed));

/** Of the list of trials. */
const rowsOf = (page: string) =>
  page
    .split('Trials in their order')[1]
    ?.split('</table>')[0]
    ?.match(/<tr[^>]*><td class="n">/g);

let records: readonly TrialRecord[] = [];
let page = '';
beforeAll(async () => {
  records = await searched(40);
  page = pageOf(records, { conclusions: [concluded(PROBLEM, records)], published: somePublished() });
});

describe('the page of a study', () => {
  test('asks for nothing from outside', () => {
    expect(page).not.toMatch(/https?:|\/\/[a-z]|@import|url\(|<(link|img|iframe|object|embed|base|form)\b|\bsrc\s*=/i);
    for (const [, target] of page.matchAll(/\bhref\s*=\s*"([^"]*)"/g)) expect(target).toMatch(/^#/);
    expect(page).toContain(`default-src 'none'`);
  });

  test('is well-formed, and every link leads to something in it', () => {
    expect(faults(page)).toEqual([]);
    const ids = Array.from(page.matchAll(/ id="([^"]*)"/g), ([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, target] of page.matchAll(/ href="#([^"]*)"/g)) expect(ids).toContain(target);
    for (const [, targets = ''] of page.matchAll(/ aria-labelledby="([^"]*)"/g))
      for (const target of targets.split(' ')) expect(ids).toContain(target);
  });

  test('gives the answer first, with its costs, bound, test figure and best seed', () => {
    const best = bestOf(PROBLEM, records) ?? expect.fail('nothing holds');
    const accuracy = best.outcome.status === 'trained' ? best.outcome.accuracy : [];
    const seed = best.seeds[accuracy.indexOf(Math.max(...accuracy))];
    const words = wordsOf(page);
    expect(words).toContain(`holds the floor of 95.00% on validation data has ${best.costs.parameters} parameters`);
    expect(words).toContain(`above ${(100 * (lowerBound(accuracy) ?? 0)).toFixed(2)}%`);
    expect(words).toContain(`those of seed ${seed}`);
    expect(words.indexOf('The answer')).toBeLessThan(words.indexOf('holds the floor of'));
    expect(words).toContain('The test set was looked at once');
  });

  test('has every section, trial and published network', () => {
    for (const title of ['Its layers', 'Size against accuracy', 'The networks of the front', 'The least size for an accuracy'])
      expect(page).toMatch(new RegExp(`<h2 [^>]*>${title}</h2>`));
    expect(page.match(/<details id="t\d+">/g)).toHaveLength(records.length);
    expect(rowsOf(page)).toHaveLength(records.length);
    for (const { name } of somePublished()) expect(page).toContain(`<td>${name}</td>`);
    for (const table of page.matchAll(/<table[^>]*>\s*(.{0,9})/gs)) expect(table[1]).toBe('<caption>');
  });

  test('writes names, changes and reasons as text, whatever they hold', () => {
    const nasty = `</script><img src=x onerror=alert(1)> "'&amp; \u0000 \ud800`;
    const bad = studyOf([
      { network: 'dhingra/fc-32', accuracy: about(0.97), change: nasty },
      { network: 'dhingra/fc-128', outcome: { status: 'diverged', reason: nasty } },
    ]);
    const hostile = pageOf(bad, {
      title: nasty,
      command: nasty,
      strategy: nasty,
      data: { name: nasty, train: 1, validation: 1 },
      setup: { [nasty]: nasty },
      software: { version: nasty, adapter: nasty },
      published: [{ name: nasty, costs: { parameters: 100 }, accuracy: 0.9 }],
    });
    expect(hostile).not.toContain('<img');
    expect(hostile.match(/<\/script>/g)).toHaveLength(1);
    expect(hostile).not.toContain('\u0000');
    expect(hostile).not.toMatch(/\p{Surrogate}/u);
    expect(faults(hostile)).toEqual([]);
    expect(wordsOf(hostile)).toContain(`</script><img src=x onerror=alert(1)> "'&amp; \ufffd \ufffd`);
  });

  test('says how often the test set was looked at, and what was found after the last look', () => {
    const two = [
      { network: 'dhingra/fc-128', accuracy: about(0.98) },
      { network: 'dhingra/fc-32', accuracy: about(0.97) },
    ] as const;
    const study = studyOf(two);
    const first = concluded(PROBLEM, study.slice(0, 1), '2026-01-01T00:00:00.000Z');
    const onlyFirst = wordsOf(pageOf(study, { conclusions: [first] }));
    expect(onlyFirst).toContain('Since that look at the test set the search found a smaller network');
    const both = wordsOf(pageOf(study, { conclusions: [first, concluded(PROBLEM, study)] }));
    expect(both).toContain('The test set was looked at 2 times');
    expect(both).toContain('2026-01-01 00:00 UTC');
    expect(both).not.toContain('Since that look');
  });

  test('does not take what was said of another test set for said of the present one', () => {
    const study = studyOf([{ network: 'dhingra/fc-32', accuracy: about(0.97) }]);
    const conclusion = concluded(PROBLEM, study, '2026-01-01T00:00:00.000Z');
    const [known, other] = [
      { ...conclusion, testHash: 'a' },
      { ...conclusion, testHash: 'b' },
    ];
    const both = (conclusions: readonly Conclusion[], testHash?: string) => {
      const table = frontTable({ problem: PROBLEM, records: study, conclusions, testHash });
      return [table, wordsOf(pageOf(study, { conclusions, testHash }))];
    };
    for (const words of both([known], 'a')) {
      expect(words).toMatch(/The test set was looked at once/);
      expect(words).not.toMatch(/nother test set|No hash/);
    }
    for (const words of both([known], 'b')) {
      expect(words).toContain('The test set was not looked at');
      expect(words).toContain('Another test set was looked at once on 2026-01-01 00:00 UTC, and its figures are not shown.');
    }
    for (const words of both([known, known, other], 'b')) {
      expect(words).toMatch(/The test set was looked at once/);
      expect(words).toContain('Another test set was looked at 2 times, last on 2026-01-01 00:00 UTC.');
    }
    for (const words of both([conclusion], 'b')) expect(words).toContain('No hash of it was kept');
    for (const words of both([conclusion, other]))
      expect(words).toContain('A test set of which no hash was kept was looked at once');
    expect(both([known], 'b')[0]).toContain('not measured');
  });

  test('names no winner of a conclusion whose trial does not show it any more', () => {
    const [record] = studyOf([{ network: 'dhingra/fc-32', accuracy: about(0.97) }]);
    if (!record) return expect.fail('there is a trial');
    const conclusions = [concluded(PROBLEM, [record])];
    const diverged = { ...record, outcome: { status: 'diverged' as const, reason: 'the validation loss is NaN' } };
    for (const records of [[diverged], []]) {
      expect(frontTable({ problem: PROBLEM, records, conclusions })).not.toMatch(/^\*/m);
      expect(wordsOf(pageOf(records, { conclusions }))).not.toContain('The smallest network that holds the floor of');
    }
  });

  test('says of each finalist whether the floor is held on test data too', () => {
    const study = studyOf([{ network: 'dhingra/fc-32', accuracy: about(0.97) }]);
    const [finalist] = concluded(PROBLEM, study).finalists;
    const at = (test: readonly number[]) => {
      const conclusion = { finalists: finalist ? [{ ...finalist, test }] : [], best: finalist?.key, date: '2026' };
      return wordsOf(pageOf(study, { conclusions: [conclusion] }));
    };
    expect(at(about(0.97))).toContain('the floor is held there too');
    expect(at(about(0.9501, 0.01))).toContain('is reached there by the mean, but the bound is not above it');
    expect(at(about(0.94))).toContain('the floor is not held there');
    expect(at([])).toContain('The test set was not looked at for it');
    const without = wordsOf(pageOf(study, { data: { name: 'mine', train: 10, validation: 5 } }));
    expect(without).toContain('There is no test set.');
    expect(without).not.toContain('not concluded');
  });
});

test('a floor that lies inside what the number of images leaves open is told by page and table', () => {
  const study = studyOf([{ network: 'dhingra/fc-32', accuracy: about(0.96) }]);
  const said = (validation: number) => {
    const data = { name: 'mine', train: 10, validation };
    const table = frontTable({ problem: PROBLEM, records: study, conclusions: [], data });
    return { table, words: wordsOf(pageOf(study, { data })) };
  };
  const few = 'The floor of 95.00% holds on these 400 images; their own interval is 93.60 to 97.52%';
  expect(said(400).table).toContain(few);
  expect(said(400).words).toContain(few);
  expect(said(40_000).table).not.toContain('their own interval');
  expect(said(40_000).words).not.toContain('their own interval');
});

describe('where nothing holds the floor, the page', () => {
  test('says so, with the network of the highest bound', () => {
    // The first has the higher mean, the second the higher bound.
    const study = studyOf([
      { network: 'dhingra/fc-128', accuracy: about(0.949, 0.01) },
      { network: 'dhingra/fc-32', accuracy: about(0.948) },
    ]);
    const words = wordsOf(pageOf(study));
    expect(words).toContain(
      `No network holds the floor of 95.00%. Nearest comes trial 2 with ${study[1]?.costs.parameters.toLocaleString('en-US')} parameters and 94.80`,
    );
    expect(words).toContain('The layers of the nearest');
  });

  test('and the table agree on which comes nearest, also where another has the higher mean', () => {
    const study = studyOf([
      { network: 'dhingra/fc-32', accuracy: about(0.949, 0.01) },
      { network: 'dhingra/fc-128', accuracy: about(0.948) },
    ]);
    for (const conclusions of [[], [concluded(PROBLEM, study)]]) {
      const table = frontTable({ problem: PROBLEM, records: study, conclusions });
      const [row = ''] = table.match(/^~.*$/gm) ?? [];
      expect(row).toMatch(/^~ +2 .* 94\.80 ± 0\.16% /);
      expect(table).toMatch(
        /^No network holds the floor of 95\.00%; ~ nearest comes trial 2: [\d,]+ parameters, 94\.80 ± 0\.16% on validation data from 5 seeds, bound 94\.65%\.$/m,
      );
    }
  });

  test('names none that is above a limit as the nearest', () => {
    const study = studyOf([
      { network: 'dhingra/fc-32', accuracy: about(0.94) },
      { network: 'dhingra/fc-128', accuracy: about(0.949) },
    ]);
    const most = study[0]?.costs.parameters ?? 0;
    const problem = { ...PROBLEM, objective: { ...PROBLEM.objective, limits: { parameters: most } } };
    expect(frontTable({ problem, records: study, conclusions: [] })).toContain('nearest comes trial 1:');
  });

  test('says how short the trainings were', () => {
    const study = studyOf([{ network: 'dhingra/fc-32', accuracy: [0.99], samples: SHORT }]);
    expect(wordsOf(pageOf(study))).toContain('after 9,000 of 27,000 samples: none was trained at full length');
  });

  test.each([
    ['no trial', []],
    ['only failures', [{ network: 'dhingra/fc-32', outcome: { status: 'refused', reason: 'too large' } }]],
    ['a training without an accuracy', [{ network: 'dhingra/fc-32', accuracy: [Number.NaN] }]],
    ['every answer right', [{ network: 'dhingra/fc-32', accuracy: about(1, 0) }]],
  ] satisfies [string, Described[]][])('is sensible with %s', (_, trials) => {
    const study = studyOf(trials);
    for (const conclusions of [[], [concluded(PROBLEM, study)]]) {
      const made = pageOf(study, { conclusions });
      expect(faults(made)).toEqual([]);
      expect(made.replace(/<script>.*<\/script>/s, '')).not.toMatch(/NaN|Infinity|undefined|\[object/);
    }
    if (study.length === 0) expect(wordsOf(pageOf(study))).toContain('There is no trial yet');
    if (study[0]?.outcome.status === 'refused')
      expect(wordsOf(pageOf(study))).toContain('the only trial diverged, was refused, or gave no accuracy');
  });
});

describe('what became of a trial', () => {
  const statuses = (trials: readonly Described[], problem: Problem = PROBLEM) => {
    const study = studyOf(trials);
    return statusesOf(problem, study, factsOfStudy({ problem, records: study, conclusions: [] }));
  };

  test('is told at full length by mean, bound and size', () => {
    const judged = statuses([
      { network: 'dhingra/fc-128', accuracy: about(0.97) },
      { network: 'dhingra/fc-1024', accuracy: about(0.98) },
      { network: 'dhingra/fc-32', accuracy: about(0.93) },
      { network: 'dhingra/optimized', accuracy: about(0.951, 0.01) },
    ]);
    expect(judged.map(({ status }) => status)).toEqual(['best', 'larger', 'mean below', 'bound below']);
    expect(judged[2]?.reason).toBe('mean 93.00%, 2.00 points below the floor');
    expect(judged[3]?.reason).toBe('mean 95.10%, bound 93.59%; on the front');
  });

  test('with handed-down weights is told apart', () => {
    const judged = statuses([
      { network: 'dhingra/fc-128', accuracy: about(0.97) },
      { network: 'dhingra/fc-32', accuracy: [0.96], inherits: true },
      { network: 'dhingra/optimized', accuracy: [0.94], inherits: true, samples: SHORT, strategy: 'pare' },
    ]);
    expect(judged.map(({ status }) => status)).toEqual(['best', 'handed down', 'handed down']);
    expect(judged.map(({ reason }) => reason).slice(1)).toEqual(['mean 96.00%', 'mean 94.00%, 1.00 points below the floor']);
    // Each kind has its own ranks.
    const short = { network: 'dhingra/fc-32', samples: SHORT } as const;
    const mixed = statuses([
      { ...short, accuracy: [0.5] },
      ...[0.9, 0.91, 0.92].map((accuracy) => ({ ...short, accuracy: [accuracy], inherits: true })),
    ]);
    expect(mixed[0]?.status).toBe('open');
    expect(mixed[1]?.reason).toBe('rank 3 of 3 of its length');
  });

  test('is told of short trainings by their place among those of their length', () => {
    const judged = statuses([
      { network: 'dhingra/fc-1024', accuracy: [0.5], samples: SHORT },
      { network: 'dhingra/fc-128', accuracy: [0.6], samples: SHORT },
      { network: 'dhingra/fc-32', accuracy: [0.94], samples: SHORT },
      { network: 'dhingra/optimized', outcome: { status: 'diverged', reason: 'NaN at step 3' }, samples: SHORT },
    ]);
    expect(judged.map(({ status }) => status)).toEqual(['not among the best', 'not among the best', 'open', 'diverged']);
    expect(judged[0]?.reason).toBe('rank 3 of 3 of its length');
    expect(judged[3]?.reason).toBe('NaN at step 3');
  });

  test('is told of short trainings among their family, where there are several', () => {
    const best = [0.95, 0.94, 0.93].map(
      (accuracy) => ({ network: 'dhingra/fc-32', accuracy: [accuracy], samples: SHORT, family: 0 }) as const,
    );
    const judged = statuses([...best, { network: 'dhingra/fc-128', accuracy: [0.5], samples: SHORT, family: 1 }]);
    expect(judged.map(({ status }) => status)).toEqual(['open', 'not among the best', 'not among the best', 'open']);
    expect(judged[2]?.reason).toBe('rank 3 of 3 of its length, of population 1');
  });

  test('is that it went on where the same network was trained for longer or from more seeds', () => {
    const judged = statuses([
      { network: 'dhingra/fc-32', accuracy: [0.9], samples: SHORT },
      { network: 'dhingra/fc-32', accuracy: [0.96] },
      { network: 'dhingra/fc-32', accuracy: about(0.97) },
    ]);
    expect(judged.map(({ status }) => status)).toEqual(['went on', 'went on', 'best']);
    expect(judged[0]?.reason).toBe('to 27,000 samples, 5 seeds');
  });
});

test('s(f) is told by its steps alone: the costs that reach further than all smaller ones, by bound and by mean', () => {
  const study = studyOf([
    { network: 'dhingra/optimized', accuracy: about(0.955) },
    { network: 'dhingra/fc-32', accuracy: about(0.975) },
    // Neither reaches further than what is smaller.
    { network: 'dhingra/fc-64', accuracy: about(0.97) },
    { network: 'dhingra/fc-128', accuracy: [0.985] },
  ]);
  const facts = factsOfStudy({ problem: PROBLEM, records: study, conclusions: [] });
  const told = stepsOf(facts).map(({ cost, byBound, byMean, networks }) => ({
    cost,
    byBound: byBound && Number(byBound.toFixed(4)),
    byMean: byMean && Number(byMean.toFixed(4)),
    trials: networks.map(({ number }) => number),
  }));
  const bound = (mean: number) => Number((lowerBound(about(mean)) ?? 0).toFixed(4));
  const [small, middle, , large] = study.map(({ costs }) => costs.parameters);
  expect(told).toEqual([
    { cost: small, byBound: bound(0.955), byMean: 0.955, trials: [1] },
    { cost: middle, byBound: bound(0.975), byMean: 0.975, trials: [2] },
    { cost: large, byBound: undefined, byMean: 0.985, trials: [4] },
  ]);
  const page = pageOf(study);
  expect(wordsOf(page)).toContain('the first that holds the floor of 95.00% is marked');
});

describe('a study of very many trials', () => {
  /** The same records again and again, under other numbers and keys, until there are so many. */
  const many = (count: number): TrialRecord[] =>
    Array.from({ length: count }, (_, number) => {
      const record = records[number % records.length] ?? expect.fail('no record');
      return { ...record, number, key: `${record.key}-${number}` };
    });

  test('lists 5,000, draws fewer and says so', () => {
    const large = pageOf(many(5000));
    expect(rowsOf(large)).toHaveLength(5000);
    expect(large.match(/<details id="t\d+">/g)).toHaveLength(1000);
    expect(wordsOf(large)).toContain('Of 5,000 trials 1,000 are drawn as dots');
    expect(large.length).toBeLessThan(4e6);
  });

  test('leaves out short trainings beyond that, and says so', () => {
    const study = many(5200);
    const full = study.filter(({ samples }) => samples >= FULL);
    const large = pageOf(study);
    expect(rowsOf(large)).toHaveLength(5000);
    const listed = new Set(Array.from(large.matchAll(/ id="t(\d+)">/g), ([, number]) => Number(number)));
    for (const { number } of full) expect(listed).toContain(number + 1);
    expect(wordsOf(large)).toContain('5,000 of 5,200 trials are listed');
    expect(wordsOf(large)).toContain('The 200 left out');
  });
});

test.each([1, 2, 3, 7, 1000, 123_456])('an axis of %i trials has whole ticks from 0 on', (last) => {
  const { ticks, at } = countScale('trials', last);
  expect(ticks.map(({ value }) => value)).toEqual(ticks.map(({ value }) => Math.round(value)));
  expect([ticks[0]?.label, at(ticks.at(-1)?.value ?? 0) > 0.5]).toEqual(['0', true]);
});

describe('labels', () => {
  const box = { width: 400, height: 300, left: 50, right: 10, top: 10, bottom: 40 };

  test('stand inside, apart from each other', () => {
    const points = Array.from({ length: 12 }, (_, index) => ({
      x: 200 + index,
      y: 150 + (index % 3),
      label: `network ${index}`,
    }));
    const placed = placeLabels(points, box);
    expect(placed.length).toBeGreaterThan(8);
    const areas = placed.map(({ text, x, y, anchor }) => {
      const width = 6.6 * text.length;
      const left = anchor === 'start' ? x : anchor === 'end' ? x - width : x - width / 2;
      return { left, right: left + width, top: y - 10.5, bottom: y + 2.5 };
    });
    for (const [index, a] of areas.entries()) {
      expect(a.left).toBeGreaterThanOrEqual(box.left);
      expect(a.right).toBeLessThanOrEqual(box.width);
      for (const b of areas.slice(index + 1))
        expect(a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom).toBe(false);
    }
  });

  test('that are minor give way, and stand beside their point or nowhere', () => {
    const points = [
      { x: 200, y: 150, label: 'minor', minor: true },
      { x: 200, y: 150, label: 'major' },
    ];
    const placed = placeLabels(points, box);
    expect(placed.map(({ text }) => text)).toEqual(['major', 'minor']);
    const crowd = Array.from({ length: 30 }, (_, index) => ({ x: 200 + index, y: 150, label: 'everywhere', minor: true }));
    expect(placeLabels(crowd, box).every(({ leader }) => leader === undefined)).toBe(true);
  });

  test('that are long are cut, and those without room are left out', () => {
    expect(placeLabels([{ x: 60, y: 100, label: 'x'.repeat(80) }], box)[0]?.text).toBe(`${'x'.repeat(29)}\u2026`);
    const crowd = Array.from({ length: 200 }, () => ({ x: 200, y: 150, label: 'everywhere' }));
    expect(placeLabels(crowd, box).length).toBeLessThan(60);
  });
});

describe('the front as a table of text', () => {
  test('lines up, marks the best and gives both verdicts', () => {
    const study = studyOf([
      { network: 'dhingra/fc-128', accuracy: about(0.98) },
      { network: 'dhingra/optimized', accuracy: about(0.96) },
    ]);
    const state = { problem: PROBLEM, records: study, conclusions: [concluded(PROBLEM, study)] };
    const [head = '', rule = '', first = '', second = '', , said] = frontTable(state).split('\n');
    expect(head).toMatch(/trial +parameters .* seeds +validation +bound +floor +test +floor$/);
    expect(rule).toMatch(/^-+$/);
    expect(first).toMatch(/^\* +2 +14,014 .* 5 +96\.00 ± 0\.16% +95\.85% +holds +96\.00 ± 0\.16% +holds$/);
    expect(second).toMatch(/^ +1 .* holds +97\.90 ± 0\.16% +holds$/);
    expect(first.indexOf('96.00 ± 0.16%') + '96.00 ± 0.16%'.length).toBe(head.indexOf('validation') + 'validation'.length);
    expect(said).toBe('* the smallest that holds the floor of 95.00% on validation data: 14,014 parameters');
  });

  test('fits the width that it is given: columns that matter less go first, and are named', () => {
    const study = studyOf([{ network: 'dhingra/fc-128', accuracy: about(0.98) }]);
    const state = { problem: PROBLEM, records: study, conclusions: [concluded(PROBLEM, study)], data: { validation: 5000 } };
    const [head = '', rule = ''] = frontTable({ ...state, width: 80 }).split('\n');
    expect(rule.length).toBeLessThanOrEqual(80);
    expect(head).toMatch(/^ +trial +parameters +seeds +validation +bound +floor +test +floor$/);
    expect(frontTable({ ...state, width: 80 })).toMatch(
      /^Left out where lines have 80 characters: MACs, act\. B, weight B, interval\.$/m,
    );
    expect(frontTable({ ...state, width: 80 })).not.toMatch(/^interval:/m);
    expect(frontTable(state)).toMatch(/MACs +act\. B +weight B .*interval/);
    expect(frontTable(state)).not.toContain('Left out');
    // Of less than the least that tells something it takes that.
    expect(frontTable({ ...state, width: 10 }).split('\n')[0]).toMatch(/^ +trial +parameters +validation +floor +test$/);
  });

  test('is of validation data before the first conclusion, and of few seeds where there is nothing better', () => {
    const state = (trials: readonly Described[]) => ({ problem: PROBLEM, records: studyOf(trials), conclusions: [] });
    expect(frontTable(state([{ network: 'dhingra/fc-32', accuracy: about(0.97) }]))).toContain('The test set was not looked at');
    expect(frontTable(state([{ network: 'dhingra/fc-32', accuracy: [0.97] }]))).toContain('None of these is confirmed');
    expect(frontTable(state([]))).toMatch(/^No network was trained at full length yet\.\nNo network holds the floor/);
  });
});

test('in Chromium, opens from disk without a request or a complaint; the list sorts and filters, and is a table without scripts', {
  timeout: 300_000,
}, async ({ skip }) => {
  const path = browserToTest('chromium', skip);
  const folder = await mkdtemp(join(tmpdir(), 'paredown-page-'));
  try {
    const report = join(folder, 'report.html');
    await writeFile(report, page);
    const url = pathToFileURL(report).href;
    const inChromium = async (browser: Browser) => {
      const tab = await browser.newPage();
      const requests: string[] = [];
      const complaints: string[] = [];
      tab.on('request', (request) => requests.push(request.url()));
      tab.on('console', (message) => complaints.push(message.text()));
      tab.on('pageerror', (error) => complaints.push(String(error)));
      await tab.goto(url);
      const column = (index: number) =>
        tab.evaluate(
          `[...document.querySelectorAll('table[data-tools] tbody tr')].filter((row) => !row.hidden).map((row) => row.cells[${index}].textContent)`,
        ) as Promise<string[]>;
      const click = (index: number) => tab.evaluate(`document.querySelectorAll('table[data-tools] th button')[${index}].click()`);
      const costs = records.map(({ costs: { parameters } }) => parameters);
      const shown = async () => (await column(3)).map((text) => Number(text.replaceAll(',', '')));
      expect(await shown()).toEqual(costs);
      await click(3);
      expect(await shown()).toEqual([...costs].sort((a, b) => a - b));
      await click(3);
      expect(await shown()).toEqual([...costs].sort((a, b) => b - a));
      await tab.evaluate(
        `{ const field = document.querySelector('input[type=search]'); field.value = 'CONFIRMED seeds'; field.dispatchEvent(new Event('input')); }`,
      );
      expect(new Set(await column(2))).toEqual(new Set(['confirmed from all seeds']));
      expect(await tab.evaluate(`document.querySelector('details.trials').open`)).toBe(false);
      await tab.evaluate(`new Promise((done) => { addEventListener('hashchange', () => done()); location.hash = '#t3'; })`);
      expect(
        await tab.evaluate(`document.querySelector('#t3').open && document.querySelector('#t3').closest('.trials').open`),
      ).toBe(true);
      // A phone is not scrolled sideways: what is wide scrolls in a box of its own.
      await tab.setViewport({ width: 360, height: 740, deviceScaleFactor: 2, isMobile: true });
      expect(await tab.evaluate('document.documentElement.scrollWidth')).toBe(360);
      await tab.setJavaScriptEnabled(false);
      await tab.goto(url);
      expect(await shown()).toEqual(costs);
      expect(await tab.evaluate(`document.querySelectorAll('button, input:not([type=radio])').length`)).toBe(0);
      expect(complaints).toEqual([]);
      expect(requests.filter((request) => request.replace(/#.*/, '') !== url)).toEqual([]);
      expect(requests.length).toBeGreaterThan(0);
    };
    await withBrowser('chromium', path, inChromium, { webgpu: false });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
