import { describe, expect, test } from 'vitest';
import { zoo } from '../src/index.ts';
import { changeText, kindOfChange } from '../src/report/study/changes.ts';
import { factsOfStudy } from '../src/report/study/facts.ts';
import { gainsOf } from '../src/report/study/gains.ts';
import { lineageOf } from '../src/report/study/lineage.ts';
import { studyPage } from '../src/report/study/page.ts';
import type { Curve } from '../src/search/curve.ts';
import { recipeWords } from '../src/search/how-trained.ts';
import type { Recipe } from '../src/search/recipe.ts';
import { makeTrial, type Outcome, type TrialRecord } from '../src/search/trial.ts';
import { FULL, PROBLEM } from './support/landscape.ts';
import { faults } from './support/markup-faults.ts';
import { reportOf, withCurves } from './support/study-reports.ts';

// What the page tells of how a study went: learning curves, lineage, what changes gained, time.

const SHORT = FULL / 3;

interface Described {
  readonly network: string;
  readonly accuracy?: readonly number[];
  readonly outcome?: Outcome;
  readonly samples?: number;
  readonly change: string;
  /** Index of the trial that it comes of. */
  readonly from?: number;
  readonly inherits?: boolean;
  readonly recipe?: Recipe;
  readonly seconds?: number;
}

function studyOf(trials: readonly Described[]): TrialRecord[] {
  const records: TrialRecord[] = [];
  trials.forEach(({ network, accuracy = [], outcome, samples = SHORT, change, from, inherits, recipe, seconds = 1 }, number) => {
    const parent = from === undefined ? undefined : records[from]?.key;
    const trial = makeTrial(
      { number },
      {
        model: zoo[network] ?? expect.fail(network),
        samples,
        seeds: accuracy.map((_, seed) => seed + 1),
        rates: [0.01],
        ...(recipe && { recipe }),
        ...(inherits && parent !== undefined && { inherits: { key: parent, replica: 0 } }),
        origin: { strategy: 'test', change, ...(parent !== undefined && { parent }) },
      },
    );
    const trained: Outcome = { status: 'trained', accuracy, loss: accuracy.map(() => 1) };
    records.push({ ...trial, number, outcome: outcome ?? trained, wallMs: 1000 * seconds });
  });
  return records;
}

const factsOf = (records: readonly TrialRecord[]) => factsOfStudy({ problem: PROBLEM, records, conclusions: [] });
const sectionOf = (page: string, id: string) => {
  const section = page.split('<section ').find((text) => text.startsWith(`aria-labelledby="${id}"`)) ?? expect.fail(id);
  return section
    .replace(/<(title|desc)[^>]*>.*?<\/\1>/gs, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
    .replace(/\s+/g, ' ');
};
const holding = [0.969, 0.9695, 0.97, 0.9705, 0.971];

/** A network, a narrower one of it, one more with its weights and another recipe, and its confirmation. */
const FAMILY: readonly Described[] = [
  { network: 'dhingra/fc-1024', accuracy: [0.9], change: 'drawn', seconds: 10 },
  { network: 'dhingra/fc-128', accuracy: [0.95], change: '1024 -> 128 units', from: 0, seconds: 20 },
  { network: 'dhingra/fc-128', accuracy: [0.96], samples: FULL, change: 'trained for 27000 samples', from: 1, seconds: 30 },
  {
    network: 'dhingra/fc-32',
    accuracy: [0.98],
    change: '128 -> 32 units; batch 128',
    from: 2,
    inherits: true,
    recipe: { batch: 128 },
    seconds: 5,
  },
  {
    network: 'dhingra/fc-32',
    accuracy: holding,
    samples: FULL,
    change: 'confirmed from all seeds',
    from: 3,
    recipe: { batch: 128 },
    seconds: 60,
  },
  {
    network: 'dhingra/fc-64',
    outcome: { status: 'refused', reason: 'too large' },
    change: '128 -> 64 units',
    from: 1,
    seconds: 75,
  },
];

describe('the lineage', () => {
  test('goes from the first ancestor to the network, each once, with all of its trials', () => {
    const records = studyOf(FAMILY);
    const numbers = lineageOf(records[4]?.key ?? '', records).map(({ trials }) => trials.map(({ number }) => number));
    expect(numbers).toEqual([[0], [1, 2], [3, 4]]);
  });

  test('ends where a parent is not among the records, and where records run in a circle', () => {
    const records = studyOf(FAMILY);
    expect(lineageOf(records[4]?.key ?? '', records.slice(3))).toHaveLength(1);
    const [first, second] = records;
    if (!first || !second) return expect.fail('there are two');
    const circle = { ...first, origin: { ...first.origin, parent: second.key } };
    expect(lineageOf(second.key, [circle, second])).toHaveLength(2);
    expect(lineageOf('none', records)).toEqual([]);
  });

  test('stands on the page with what was changed, handed down, trained otherwise, and came of it', () => {
    const words = sectionOf(studyPage(reportOf(studyOf(FAMILY))), 'lineage');
    expect(words).toContain('Lineage of the best network');
    expect(words).toContain('It comes of 2 ancestors');
    expect(words).toMatch(
      /4 , 5 128 -> 32 units; batch 128 [\d,]+ 25\.08% 27,000 97\.00%, 5 seeds 65 s weights of trial 3 batches of 128/,
    );
  });

  test('tells of an ancestor what its longest training came to, also of one beside the line', () => {
    const longer: Described = {
      network: 'dhingra/fc-1024',
      accuracy: [0.955],
      samples: FULL,
      change: 'trained for 27000 samples',
      from: 0,
    };
    const words = sectionOf(studyPage(reportOf(studyOf([...FAMILY, longer]))), 'lineage');
    expect(words).toContain('1 drawn 6,434,634 \u2013 27,000 95.50% 11 s nothing');
  });

  test('of a network that was drawn is that it comes of no other', () => {
    const words = sectionOf(studyPage(reportOf(studyOf(FAMILY.slice(0, 1)))), 'lineage');
    expect(words).toContain('It was changed from no other network.');
    expect(sectionOf(studyPage(reportOf([])), 'lineage')).toContain('There is no network yet');
  });
});

describe('what changes gained', () => {
  test('is counted by kind, beside a parent that was trained as long, or whose weights were handed down', () => {
    const records = studyOf(FAMILY);
    const { changes, longer, origins } = gainsOf(PROBLEM, records, factsOf(records));
    const [units, several] = changes;
    expect(units).toMatchObject({ kind: 'fewer units', tried: 2, compared: 1, better: 1, inLine: 1, ms: 95_000 });
    expect(units?.errors[0]).toBeCloseTo(0.5);
    expect(several).toMatchObject({ kind: 'several changes at once', tried: 1, compared: 1, better: 1, inLine: 1 });
    // Its parent's weights had come to 96% after a longer training.
    expect(several?.errors[0]).toBeCloseTo(0.5);
    expect(several?.sizes[0]).toBeLessThan(0.3);
    expect(longer.map(({ kind, tried, better }) => [kind, tried, better])).toEqual([
      ['trained for longer', 1, 1],
      ['confirmed from all seeds', 1, 0],
    ]);
    expect(origins.map(({ kind, tried, compared }) => [kind, tried, compared])).toEqual([['drawn', 1, 0]]);
  });

  test('is not told of a child whose parent was not trained as long', () => {
    const records = studyOf([
      { network: 'dhingra/fc-1024', accuracy: [0.9], samples: FULL, change: 'the start' },
      { network: 'dhingra/fc-128', accuracy: [0.95], change: '1024 -> 128 units', from: 0 },
    ]);
    expect(gainsOf(PROBLEM, records, factsOf(records)).changes).toMatchObject([{ tried: 1, compared: 0, better: 0 }]);
  });

  test.each([
    ['8 -> 6 filters of 3x3', 'fewer filters'],
    ['6 -> 8 filters of 3x3', 'more filters'],
    ['without 8 filters of 3x3', 'without a layer of filters'],
    ['16 -> 8 units', 'fewer units'],
    ['2 -> 3 times', 'more times'],
    ['all widths times 0.75', 'all widths down'],
    ['3x3 -> 5x5 conv2d', 'another window'],
    ['avgPool2d 2x2 -> maximum 3x3', 'another pooling'],
    ['with a separable before layer 3', 'with a separable'],
    ['without a conv2d', 'without a conv2d'],
    ['activation leakyRelu 0.2', 'another activation'],
    ['conv2d 12 -> 11, dense 8 -> 7', 'narrowed by importance'],
    ['batch 128', 'recipe: batch'],
    ['augment {"shift":0.1}', 'recipe: augment'],
    ['crossed with 0123456789abcdef01234567', 'crossed with another'],
    ['crossed with 0123456789abcdef01234567; 8 -> 6 filters of 3x3', 'crossed with another, and changed'],
    ['2x2 -> 3x3 conv2d; activation relu', 'several changes at once'],
    ['trained for 3000 samples, since its error still fell', 'beyond the full length, since its error still fell'],
    ['something of 17 new', 'something of n new'],
    ['', 'not told'],
  ])('calls %j %j', (change, kind) => {
    expect(kindOfChange(change)).toBe(kind);
  });

  test('names a mate by its number', () => {
    const key = '0123456789abcdef01234567';
    expect(changeText(`crossed with ${key}; head`, new Map([[key, 7]]))).toBe('crossed with trial 7; head');
    expect(changeText(`crossed with ${key}`, new Map())).toBe(`crossed with ${key}`);
  });
});

test('time is told by length and outcome, with what went to the hopeless', () => {
  const page = studyPage(reportOf(studyOf(FAMILY)));
  const words = sectionOf(page, 'time');
  expect(words).toContain('6 trials took the workers 3.3 min.');
  expect(words).toContain('37.50% of it went into the 1 trial that came to nothing, or to more than 4 times the error');
  expect(words).toMatch(/9,000 35 s 0 75 s 110 s 55\.00%/);
  expect(words).toMatch(/27,000 \(full length\) 30 s 60 s 0 90 s 45\.00%/);
  expect(words).toMatch(/total 65 s 60 s 75 s 3\.3 min 100\.00%/);
  expect(words).toMatch(/share 32\.50% 30\.00% 37\.50%/);
});

test('who trained the trials is told where they left the machine', () => {
  const records = studyOf(FAMILY).map((record, index): TrialRecord => {
    const worker = { adapter: 'llvmpipe', version: '0.1.0', worker: index % 2 === 0 ? 'desk' : 'attic' };
    return index < 5 ? { ...record, trainedBy: worker } : record;
  });
  const words = sectionOf(studyPage(reportOf(records)), 'time');
  expect(words).toMatch(/desk llvmpipe 0\.1\.0 3 171,000 100 s 50\.00%/);
  expect(words).toMatch(/attic llvmpipe 0\.1\.0 2 18,000 25 s 12\.50%/);
  expect(words).toMatch(/the machine of the search \u2013 \u2013 1 [\d,]+ 75 s 37\.50%/);
  expect(sectionOf(studyPage(reportOf(studyOf(FAMILY))), 'time')).not.toContain('Who trained the trials');
});

describe('learning curves', () => {
  test('are drawn of trained and of stopped trials, each with its name, and why those were stopped', () => {
    const networks = ['dhingra/fc-1024', 'dhingra/fc-128', 'dhingra/fc-64', 'dhingra/fc-32'];
    const trials = Array.from({ length: 24 }, (_, index): Described => {
      return { network: networks[index % 4] ?? '', accuracy: [0.5 + index / 60], change: 'drawn' };
    });
    const records = withCurves(studyOf(trials));
    const page = studyPage(reportOf(records));
    expect(faults(page)).toEqual([]);
    expect(page).not.toMatch(/d="[^"]*(NaN|Infinity|undefined)/);
    const stopped = records.filter(({ outcome }) => outcome.status === 'stopped');
    expect(stopped.length).toBeGreaterThan(2);
    for (const { number } of records.filter(({ outcome }) => 'curve' in outcome))
      expect(page).toContain(`<title>Trial ${number + 1}, `);
    const words = sectionOf(page, 'curves');
    expect(words).toContain('it took longer than its limit');
    expect(words).toContain('it learned nothing');
  });

  test('of a trial of several learning rates are those of its best', () => {
    const curve: Curve = {
      samples: [10, 20],
      loss: [
        [1, 1],
        [1, 1],
      ],
      accuracy: [
        [0.2, 0.3],
        [0.7, 0.8],
      ],
    };
    const [record] = studyOf([{ network: 'dhingra/fc-32', accuracy: [0.5], change: 'drawn' }]);
    if (!record) return expect.fail('there is one');
    const outcome: Outcome = { status: 'trained', accuracy: [0.31, 0.81], loss: [1, 1], curve };
    const page = studyPage(reportOf([{ ...record, rates: [0.01, 0.1], outcome }]));
    // Once in each of its two sizes, and in the part of the trial.
    const alone = /<g class="curves first"><path d="[^"]*"><title>[^<]*<\/title><\/path><\/g>/g;
    expect(page.match(alone)).toHaveLength(3);
    expect(page).toContain('81.00% on validation data');
  });

  test('that are empty, of one point or of no number leave a page that stands', () => {
    const some: readonly Curve[] = [
      { samples: [], loss: [[]], accuracy: [[]] },
      { samples: [100], loss: [[1]], accuracy: [[0.5]] },
      { samples: [100, 200], loss: [[1, Number.NaN]], accuracy: [[Number.NaN, Number.NaN]] },
    ];
    const records = studyOf(
      some.map((curve, index) => ({
        network: ['dhingra/fc-32', 'dhingra/fc-64', 'dhingra/fc-128'][index] ?? '',
        accuracy: [0.5],
        outcome: { status: 'trained', accuracy: [0.5], loss: [1], curve },
        change: 'drawn',
      })),
    );
    const page = studyPage(reportOf(records));
    expect(faults(page)).toEqual([]);
    expect(page.replace(/<script>.*<\/script>/s, '')).not.toMatch(/NaN|Infinity|undefined/);
  });

  test('are said to be missing in a study that kept none', () => {
    expect(sectionOf(studyPage(reportOf(studyOf(FAMILY))), 'curves')).toContain('tell no learning curves');
  });
});

test('a recipe is told in words, also where it takes something back', () => {
  expect(
    recipeWords({ optimizer: { type: 'sgd', momentum: 0 }, batch: 32, augment: {}, averaging: { decay: 0 }, labelSmoothing: 0 }),
  ).toBe('sgd (momentum 0); batches of 32; no augmentation; no label smoothing; no averaging of weights');
  const words = recipeWords({ schedule: { type: 'warmRestarts', cycles: 3 }, averaging: { decay: 0.99 } });
  expect(words).toBe('falling along 3 cosines; weights averaged with decay 0.99');
});
