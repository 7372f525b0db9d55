import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  conv2d,
  DEFAULT_SETUP,
  dense,
  describeInput,
  digits,
  flatten,
  keptBack,
  load,
  model,
  openGpu,
  parseSpace,
  predictor,
  readStudySettings,
  searchProblem,
  trialContext,
  VERSION,
  writeStudySettings,
} from 'paredown/node';
import { beforeAll, describe, expect, test } from 'vitest';
import { useCommand } from './support/command.ts';
import { runs, searchWorkersOf, until } from './support/processes.ts';

/** Small networks alone, that train in a second. */
const SPACE = {
  format: 1,
  depth: [1, 1],
  blocks: [{ type: 'convolution', weight: 1, filters: [2, 16], kernels: [5], strides: [3, 4, 6, 8], padding: ['same'] }],
  heads: [{ type: 'dense' }],
  activations: ['relu'],
  batchNorm: [false],
};

const { folder, start, paredown } = useCommand('search');
let scratch = '';
beforeAll(async () => {
  scratch = folder();
  await writeFile(join(scratch, 'space.json'), JSON.stringify(SPACE));
  await writeFile(join(scratch, 'broken.json'), '{\n  "format": 1\n  "depth": [1, 1]\n}');
});

/** Data, space and length of all searches here. */
const COMMON = ['--data', 'digits', '--epochs', '0.5', '--space', 'space.json', '--rates', '0.02'];
const searchIn = (study: string, ...args: readonly string[]) => ['search', ...COMMON, '--study', study, ...args];

type Line = { number: number; wallMs: number; seeds: number[]; key: string; outcome: object };

async function trialsOf(study: string): Promise<Line[]> {
  const text = await readFile(join(scratch, study, 'trials.jsonl'), 'utf8').catch(() => '');
  const lines: Line[] = text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
  return lines.sort((a, b) => a.number - b.number);
}
const withoutTime = (lines: readonly Line[]) => lines.map(({ wallMs: _, ...rest }) => rest);
const conclusionsOf = async (study: string) =>
  JSON.parse(await readFile(join(scratch, study, 'conclusions.json'), 'utf8')).conclusions as {
    best?: string;
    finalists: { key: string; validation: number[]; confirmation?: number[]; test: number[] }[];
  }[];

// The command is under test, and not the driver below.
describe.skipIf(process.env.PAREDOWN_TEST_DRIVER)('the command', () => {
  test.each([
    [['--help'], ['Usage: paredown COMMAND', 'search', 'complexity']],
    [
      ['search', '--help'],
      ['--floor <share>', '--objective <cost>', '--study <folder>', 'Exit code: 0 when'],
    ],
    [
      ['search', 'report', '--help'],
      ['Usage: paredown search report FOLDER', '--out <file>'],
    ],
    [['search', 'front', '--help'], ['Usage: paredown search front FOLDER']],
    [
      ['search', 'best', '--help'],
      ['Usage: paredown search best FOLDER', '--save <file>'],
    ],
  ])('helps with %j', async (args, words) => {
    const { code, stdout, stderr } = await paredown(...args);
    expect([code, stderr]).toEqual([0, '']);
    for (const word of words) expect(stdout).toContain(word);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(140);
  });

  test.each([
    [['search', '--floor', '95'], /--floor .*'95'.* between 0 and 1, such as 0\.95 or 95%/],
    [['search', '--flor', '0.9'], /unknown option '--flor'\n\(Did you mean --floor\?\)/],
    [['search', '--objective', 'size'], /--objective .*'size'.* parameters, macs, activations, bytes, latency/],
    [['search', '--max-macs', 'few'], /--max-macs .*'few'.* number above 0/],
    [['search', '--rates', '0.1,0.01'], /--rates .* rising numbers above 0/],
    [['search', '--seeds', '4'], /--seeds .*'4'.* from 5 to 100/],
    [['search', '--workers', '0'], /--workers .*'0'.* from 1 to 64/],
    [['search', '--minutes', '0'], /--minutes .*'0'.* above 0/],
    [['search', '--trials', '1.5'], /--trials .*'1.5'.* integer/],
    [['search', '--optimizer', 'lion'], /--optimizer .*'lion'.* adam or adamw or rmsprop or sgd/],
    [
      ['search', '--data', 'digits', '--recipe', 'searched', '--strategy', 'greedy'],
      /--recipe searched: strategy greedy trains every network alike; leave it out, or take --strategy evolve/,
    ],
    [['search', '--recipe', 'found'], /--recipe .*'found'.* searched or fixed/],
    [['search', '--schedule', 'step'], /--schedule .*'step'.* cosine or one-cycle or warm-restarts/],
    [['search', '--averaging', '1'], /--averaging .*'1'.* between 0 and 1/],
    [['search', '--augment', 'mirror=1'], /--augment .*'mirror=1' is none of shift=2/],
    [['search', 'extra'], /arguments/],
    [
      ['search', '--data', 'digits', '--epochs', '0.0001'],
      /--epochs 0\.0001 is less than one step: a step takes 64 of the 10000 training images, so give at least 0\.0064/,
    ],
    [
      ['search', '--study', 'nowhere', '--floor', '0.9'],
      /^nowhere: there is no study there; none lies beside it either\. A new one is begun by naming its data: npx paredown search --data DATA --study nowhere$/m,
    ],
    [['search', '--data', 'imagenet'], /--data imagenet: there is no such folder, .* mnist, cifar10, lfw-gender, digits/],
    [['search', '--data', 'digits', '--size', '8'], /--size is for lfw-gender and for folders; digits has a size of its own/],
    [['search', '--data', 'digits', '--start', 'ke/baseline'], /the start takes samples of \[64,64,3\], digits has \[28,28,1\]/],
    [
      ['search', '--data', 'digits', '--start', 'dhingra/baseline', '--max-parameters', '5K'],
      /the start is above a limit: 3274634 parameters, and 5000 is the limit/,
    ],
    [
      ['search', '--data', 'digits', '--start', 'dhingra/optimised'],
      /no such network \(did you mean dhingra\/optimized\?\); its networks are listed by: npx paredown zoo$/m,
    ],
    [
      ['search', '--data', 'digits', '--space', 'broken.json'],
      /^--space broken\.json is no JSON: comma expected in line 3, column 3$/m,
    ],
    [['search', '--data', 'digits', '--batch', '60000'], /batch of 60000 is larger than the training data/],
    [
      ['search', '--data-dir', 'missing', '--strategy', 'annealing'],
      /--strategy annealing: there is no such strategy; there are evolve/,
    ],
    [
      ['search', '--data-dir', 'missing', '--start', 'ke/none'],
      /--start ke\/none: there is no such file, and the zoo has no such network/,
    ],
    [['search', '--data-dir', 'missing', '--from', 'nope.json'], /^--from nope\.json: there is no such file$/m],
    [['search', '--data-dir', 'missing', '--space', 'nope.json'], /^--space nope\.json: there is no such file$/m],
    [['search', '--data', 'digits', '--study', 'space.json'], /^space\.json is a file; name a folder$/m],
    [['search', 'front', 'space.json'], /^space\.json is a file; name a folder$/m],
    [['search', 'front', '.'], /\.: there is no study there/],
    [['search', 'report', 'nowhere'], /nowhere: there is no study there/],
    [['search', 'best'], /missing .*folder/],
    [['serach'], /unknown command 'serach'\n\(Did you mean search\?\)/],
    [['--verison'], /unknown option '--verison'\n\(Did you mean --version\?\)/],
  ])('refuses %j with a message alone, and makes nothing', async (args, message) => {
    const before = await readdir(scratch);
    const { code, stdout, stderr } = await paredown(...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(await readdir(scratch)).toEqual(before);
  });

  test.each([
    [['version']],
    [['-v']],
    [['search', '--version']],
    [['search', 'best', '--version']],
    [['complexity', '--version']],
  ])('tells the version with %j', async (args) => {
    expect(await paredown(...args)).toEqual({ code: 0, stdout: `${VERSION}\n`, stderr: '' });
  });

  const STUDY = 'small';
  const SMALL = [...searchIn(STUDY, '--floor', '0.3', '--workers', '2'), '--trials', '8'];

  describe('that searched', () => {
    let first: Awaited<ReturnType<typeof paredown>>;
    beforeAll(async () => {
      first = await paredown(...SMALL);
    });

    test('ends with a front, a conclusion and a page', async () => {
      expect(first.code, first.stderr).toBe(0);
      expect(first.stdout).toContain(
        'digits: 10,000 images to train on, 1,000 to choose by, 1,000 kept back to confirm by, 2,000 for one look at the end',
      );
      expect(first.stdout).toMatch(
        /^Floor 30%, by strategy evolve; a training of full length sees 5,000 images \(0.5 epochs\)$/m,
      );
      expect(first.stdout).toMatch(/^Searches for the network with the fewest parameters that holds 30% on digits$/m);
      expect(first.stdout).toMatch(
        /^Study: small; until there are 8 trials, then the confirmation of what was found\. Ctrl-C stops, the same command goes on$/m,
      );
      expect(first.stdout).toMatch(/% {2}holds 30%, best so far /);
      const lines = first.stdout.split('\n').filter((line) => / samples, .* s; /.test(line));
      expect(lines.length).toBeGreaterThan(4);
      expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(100);
      expect(first.stdout).toMatch(/^The test set was looked at once/m);
      expect(first.stdout).toContain('Its layers and weights:\n  npx paredown search best small --save best.safetensors');
      expect(await readFile(join(scratch, STUDY, 'report.html'), 'utf8')).toMatch(/^<!doctype html>/i);
      const [conclusion] = await conclusionsOf(STUDY);
      expect(conclusion?.best).toBeDefined();
      expect(conclusion?.finalists.map(({ test: tested }) => tested.length)).toContain(5);
      expect((await readdir(join(scratch, STUDY))).sort()).toEqual(
        ['budget.json', 'conclusions.json', 'report.html', 'state.json', 'study.json', 'trials.jsonl', 'weights'].sort(),
      );
    });

    test('shows its front again, and does nothing new when it is given again', async () => {
      const before = await trialsOf(STUDY);
      const concluded = await conclusionsOf(STUDY);
      const again = await paredown('search', '--study', STUDY);
      expect([again.code, again.stderr]).toEqual([0, '']);
      // Beside those of the search it holds those that ended it, which no budget counts.
      expect(before.length).toBeGreaterThan(8);
      expect(again.stdout).toContain('Study: small, which holds 8 trials of the search; until there are 8 trials');
      expect(await trialsOf(STUDY)).toEqual(before);
      expect(await conclusionsOf(STUDY)).toEqual(concluded);
      const { code, stdout } = await paredown('search', 'front', STUDY);
      expect(code).toBe(0);
      expect(again.stdout).toContain(stdout.trim());
    });

    test('tells programs what it found', async () => {
      const lines = (text: string) =>
        text
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line));
      const again = lines((await paredown('search', '--study', STUDY, '--json')).stdout);
      expect(again.map(({ type }) => type)).toEqual(['start', 'result']);
      expect(again[0]).toMatchObject({ study: STUDY, floor: 0.3, trials: 8, data: { name: 'digits', sizes: { train: 10_000 } } });
      const [conclusion] = await conclusionsOf(STUDY);
      expect(again[1]).toMatchObject({ best: conclusion?.best, conclusion, report: join(STUDY, 'report.html') });
      const [front] = lines((await paredown('search', 'front', STUDY, '--json')).stdout);
      expect({ ...front, type: 'result', endedBeforeBudget: false, report: again[1].report }).toEqual(again[1]);
      const [best] = lines((await paredown('search', 'best', STUDY, '--json')).stdout);
      const judged = { data: 'confirmation', samples: 1000, bound: expect.any(Number), interval: { low: expect.any(Number) } };
      expect(best).toMatchObject({ type: 'best', key: conclusion?.best, validationAccuracy: expect.any(Number), judged });
      expect(front.aboveTest).toMatchObject({ validation: expect.any(Number), confirmation: expect.any(Number) });
    });

    test('saves weights that repeat their accuracy', async () => {
      const { code, stdout, stderr } = await paredown('search', 'best', STUDY, '--save', 'best.safetensors');
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(/conv2d/);
      const kept = await load(join(scratch, 'best.safetensors'));
      await using gpu = await openGpu();
      if (kept.kind !== 'model') expect.unreachable('it is no model');
      await using network = await predictor(gpu, kept.model, kept.weights);
      const { train, validation, test: tests } = digits();
      expect(kept.input).toEqual(await describeInput(train));
      const parts = keptBack(validation);
      const [found, tested] = [await network.evaluate(parts.validation), await network.evaluate(tests)];
      const confirmed = await network.evaluate(parts.confirmation ?? expect.unreachable('nothing was kept back'));
      const [conclusion] = await conclusionsOf(STUDY);
      const best = conclusion?.finalists.find(({ key }) => key === conclusion.best);
      const place = best?.validation.indexOf(Math.max(...best.validation)) ?? -1;
      expect(best?.validation[place]).toBe(found.accuracy);
      expect(best?.test[place]).toBe(tested.accuracy);
      expect(best?.confirmation?.[place]).toBe(confirmed.accuracy);
      expect(stdout).toMatch(
        /^Accuracy [\d.]+% on 1,000 images that no trial was chosen by, the mean of 5 seeds, 95% bound over/m,
      );
      expect(stdout).toContain(`from seed ${place + 1}, the best by validation (${(100 * (found.accuracy ?? 0)).toFixed(2)}%)`);
    });

    test('prints the command that trains the best again, to the same weights', async () => {
      const { code, stdout, stderr } = await paredown('search', 'best', STUDY, '--save-seeds', 'kept');
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(/^conv2d_1 +\d+ filters of 5×5, stride \d×\d, same, relu /m);
      expect(stdout).toMatch(/^kept-seed3\.safetensors: seed 3: validation [\d.]+%, kept back [\d.]+%, test [\d.]+%$/m);
      const [, seed = ''] = /^To train it again from seed (\d+), to the same weights/m.exec(stdout) ?? [];
      const [, words = ''] = /^ {2}npx paredown (train .*)$/m.exec(stdout) ?? [];
      const trained = await paredown(...words.split(' '), '--json');
      expect(trained.code, trained.stderr).toBe(0);
      const [again, kept] = [
        await load(join(scratch, 'runs', 'train', 'digits', 'model.safetensors')),
        await load(join(scratch, `kept-seed${seed}.safetensors`)),
      ];
      if (again.kind !== 'model' || kept.kind !== 'model') expect.unreachable('they are no models');
      expect(again.weights).toEqual(kept.weights);
      const events = trained.stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(kept.about?.test).toBe(events.at(-1).test.accuracy);
      const [, told] = /those kept back included: ([\d.]+)%/.exec(stdout) ?? [];
      const evaluation = events.filter(({ type }) => type === 'evaluation').at(-1);
      expect(evaluation.step).toBe(events.at(-1).steps);
      expect(`${told}%`).toBe(`${(100 * evaluation.accuracy).toFixed(2)}%`);
      expect((await paredown('info', `kept-seed${seed}.safetensors`)).stdout).toMatch(
        /^training +adam \(.*\) at 0\.02, falling along a cosine; batches of 64; /m,
      );
    });

    test('says how a network is trained whose weights are not kept', async () => {
      const { number } = (await trialsOf(STUDY)).find(({ seeds }) => seeds.length === 1) ?? expect.fail('no short trial');
      const trial = String(number + 1);
      const { code, stderr } = await paredown('search', 'best', STUDY, '--trial', trial, '--save', 'x.safetensors');
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /holds no weights of trial \d+ .*: they are kept of networks trained at full length from all seeds\. How to train it: .* --trial [0-9a-f]{8}$/m,
      );
      const whole = await paredown('search', 'best', STUDY, '--trial', trial, '--save', 'net.json');
      expect(whole.code, whole.stderr).toBe(0);
      expect(whole.stdout).toContain('net.json: the network, without weights');
      expect(whole.stdout).toMatch(/^ {2}npx paredown train digits --model net\.json --steps \d+ --batch 64 .* --seed 6$/m);
    });

    test('refuses other settings in its study, naming old and new', async () => {
      const refused = async (...args: readonly string[]) => {
        const { code, stderr } = await paredown('search', '--study', STUDY, ...args);
        expect(code).toBe(2);
        return stderr;
      };
      expect(await refused('--floor', '0.4', '--epochs', '1', '--batch', '32', '--floor', '40%')).toMatch(
        /small is a study with other settings: --floor was 30%, not 40%; --epochs was 0\.5, not 1; --batch was 64, not 32\./,
      );
      expect(await refused('--objective', 'macs', '--strategy', 'random')).toMatch(
        /--objective was {"parameters":1}, not {"macs":1}; --strategy was evolve, not random/,
      );
      expect(await refused('--recipe', 'fixed', '--schedule', 'one-cycle')).toMatch(
        /--recipe was searched, not fixed; --schedule was none, not {"type":"cosine","warmup":0.3}/,
      );
      expect(await refused('--data', 'mnist')).toMatch(/small is a study of digits, not of mnist/);
    });

    test('tells a budget that is smaller than the one before', async () => {
      const { code, stdout } = await paredown('search', '--study', STUDY, '--trials', '7');
      expect(code).toBe(0);
      expect(stdout).toMatch(/^Study: small, which holds 8 trials of the search; until there are 7 trials,/m);
      expect(stdout).toMatch(/^This budget takes the place of the one before: until there are 8 trials$/m);
    });

    test('goes on with more trials, and looks at the test set once more where its front has changed', async () => {
      const before = await trialsOf(STUDY);
      const more = before.length + 2;
      const { code, stderr } = await paredown('search', '--study', STUDY, '--trials', String(more), '--workers', '1');
      expect(code, stderr).toBe(0);
      const after = await trialsOf(STUDY);
      expect(after.length).toBeGreaterThanOrEqual(more);
      expect(after.slice(0, before.length)).toEqual(before);
      const keys = (await conclusionsOf(STUDY)).map(({ finalists }) => finalists.map(({ key }) => key).join());
      expect(new Set(keys).size).toBe(keys.length);
    });

    test('goes on with a study of another release, and says so', async () => {
      await cp(join(scratch, STUDY), join(scratch, 'released'), { recursive: true });
      const file = join(scratch, 'released', 'study.json');
      await writeFile(file, (await readFile(file, 'utf8')).replace(/"version": "[^"]+"/, '"version": "0.0.9"'));
      const { code, stdout, stderr } = await paredown('search', '--study', 'released');
      expect(code, stderr).toBe(0);
      expect(stdout).toMatch(
        /^The study was begun by paredown 0\.0\.9, this is [\d.]+: it may choose and train in another way$/m,
      );
      expect((await paredown('search', '--study', STUDY)).stdout).not.toContain('was begun by');
    });

    test('leaves a study of another format as it is', async () => {
      await cp(join(scratch, STUDY), join(scratch, 'later'), { recursive: true });
      const file = join(scratch, 'later', 'study.json');
      await writeFile(file, (await readFile(file, 'utf8')).replace('"format": 1', '"format": 2'));
      for (const args of [
        ['search', '--study', 'later'],
        ['search', 'front', 'later'],
        ['search', 'best', 'later'],
      ]) {
        const { code, stdout, stderr } = await paredown(...args);
        expect([code, stdout]).toEqual([1, '']);
        expect(stderr).toMatch(/study\.json can't be read: it is of format 2, and this version reads format 1/);
      }
    });
  });

  // A floor that both come near enough to for their trainings not to be ended.
  test('says plainly that the floor was not reached', async () => {
    const { code, stdout } = await paredown(...searchIn('high', '--floor', '0.9', '--trials', '2'));
    expect(code).toBe(3);
    expect(stdout).toMatch(
      /No network holds the floor of 90\.00%; ~ nearest comes trial \d+: [\d,]+ parameters, [\d.]+ ± [\d.]+% on images/,
    );
    const best = await paredown('search', 'best', 'high');
    expect(best).toMatchObject({ code: 3, stderr: 'high: no network holds the floor of 90% yet\n' });
    const [, number, key] =
      /^Nearest comes trial (\d+) \(([0-9a-f]{8})\): [\d,]+ parameters, after 5,000 training samples\.$/m.exec(best.stdout) ?? [];
    expect(best.stdout).toMatch(
      /^Accuracy [\d.]+% on 1,000 images that no trial was chosen by, the mean of 5 seeds, 95% bound over the seeds [\d.]+%;/m,
    );
    const json = JSON.parse((await paredown('search', 'best', 'high', '--json')).stdout);
    expect(json).toMatchObject({ type: 'best', floor: 0.9, holds: false, nearest: { key: expect.stringMatching(`^${key}`) } });

    const [byKey, byNumber] = [
      await paredown('search', 'best', 'high', '--trial', key ?? '', '--save', 'nearest.safetensors'),
      await paredown('search', 'best', 'high', '--trial', number ?? ''),
    ];
    expect(byKey.code, byKey.stderr).toBe(0);
    expect(byKey.stdout).toContain('It does not hold the floor of 90%.');
    expect(byKey.stdout).toContain('nearest.safetensors: the weights from seed');
    expect(byNumber.stdout).toContain(`Trial ${number}, key ${key}`);

    const { accuracy, bound } = json.nearest.judged;
    const lower = await paredown('search', 'best', 'high', '--floor', String(bound - 0.001), '--json');
    expect(lower.code, lower.stderr).toBe(0);
    expect(JSON.parse(lower.stdout)).toMatchObject({ holds: true, key: json.nearest.key, judged: { accuracy } });
    expect((await paredown('search', 'best', 'high', '--floor', String(accuracy))).code).toBe(3);

    const none = await paredown('search', 'best', 'high', '--trial', 'ffffffffffff');
    expect(none.code).toBe(2);
    expect(none.stderr).toMatch(/--trial ffffffffffff: the study holds no trial .* such as --trial \d+ or --trial [0-9a-f]{8}$/m);
  });

  test('takes space and start as Windows PowerShell writes them, in UTF-16 with a mark', async () => {
    const network = model([28, 28, 1], [conv2d(2, 5, { strides: 3 }), flatten(), dense(10)]);
    for (const [name, value] of [
      ['space', SPACE],
      ['network', network],
    ] as const)
      await writeFile(
        join(scratch, `${name}-16.JSON`),
        `\ufeff${JSON.stringify(value, undefined, 2).replaceAll('\n', '\r\n')}`,
        'utf16le',
      );
    const files = ['--space', 'space-16.JSON', '--from', 'network-16.JSON'];
    const data = ['--data', 'digits', '--epochs', '0.01', '--trials', '1', '--workers', '1', '--study', 'marked'];
    const { code, stderr } = await paredown('search', ...data, ...files);
    expect([code, stderr]).toEqual([3, '']);
    const settings = await readStudySettings(join(scratch, 'marked'));
    expect(settings?.problem.start).toEqual(network);
    expect(settings?.problem.space).toEqual(parseSpace(SPACE));
  });

  test('goes on with a study that was begun before validation data were kept back, on all of them', async () => {
    const data = digits();
    const setup = DEFAULT_SETUP;
    const space = parseSpace(SPACE);
    await mkdir(join(scratch, 'before'));
    await writeStudySettings(join(scratch, 'before'), {
      problem: searchProblem(data, { floor: 0.3, space, samples: 100, rates: [0.02] }),
      strategy: 'evolve',
      lag: 1,
      context: await trialContext(data, setup),
      data: { name: 'digits', train: 10_000, validation: 2000, test: 2000, source: { data: 'digits' } },
      software: { version: VERSION, adapter: 'another' },
      created: '2026-11-20T12:00:00.000Z',
    });
    const { code, stdout, stderr } = await paredown('search', '--study', 'before', '--trials', '1');
    expect([code, stderr]).toEqual([3, '']);
    expect(stdout).toContain('2,000 to choose by, 2,000 for one look at the end');
    expect(stdout).not.toContain('kept back');
    for (const { outcome } of await trialsOf('before')) expect(outcome).not.toHaveProperty('confirmation');
  });

  test('says plainly that no network keeps to the limits', async () => {
    const { code, stdout } = await paredown(...searchIn('none', '--max-macs', '1', '--trials', '2'));
    expect(code).toBe(3);
    expect(stdout).toContain('Nothing was trained: no network of the space was found that keeps to at most 1 MACs.');
  });

  test.skipIf(!existsSync('/proc/self/stat'))(
    'loses no finished trial to Ctrl-C and kill -9, and comes to the same',
    async () => {
      const settings = ['--floor', '0.3', '--workers', '2'];
      // None of these comes to its end by itself.
      const command = searchIn('broken', ...settings, '--trials', '1000');
      let kept: Line[] = [];
      const keepsAll = async () => {
        const now = await trialsOf('broken');
        expect(now).toEqual(expect.arrayContaining(kept));
        kept = now;
      };

      const killed = start(command);
      await until(async () => (await trialsOf('broken')).length > 0);
      const other = await paredown(...command);
      expect([other.code, other.stdout]).toEqual([1, '']);
      expect(other.stderr).toMatch(/broken is in use by process \d+; wait until it ends/);
      const workers = await searchWorkersOf(killed.child.pid ?? 0);
      expect(workers).toHaveLength(2);
      killed.child.kill('SIGKILL');
      expect(await killed.exit).toBe('SIGKILL');
      await until(async () => !(await Promise.all(workers.map(runs))).includes(true));
      await keepsAll();

      const stopped = start(command);
      await until(() => / samples, .* s; /.test(stopped.stdout));
      stopped.child.kill('SIGINT');
      const { code, stderr } = await stopped.end();
      expect(code, stderr).toBe(130);
      expect(stderr).toContain('Stopped. Every finished trial is kept; to go on: npx paredown search --data digits');
      await keepsAll();

      for (let kill = 0; kill < 3; kill++) {
        const run = start(command);
        await until(async () => (await searchWorkersOf(run.child.pid ?? 0, 'training')).length > 0);
        await new Promise((done) => setTimeout(done, 300 * kill));
        run.child.kill('SIGKILL');
        await run.exit;
        await keepsAll();
      }

      const length = ['--trials', String(Math.max(...kept.map(({ number }) => number)) + 3)];
      for (const study of ['broken', 'whole']) await paredown(...searchIn(study, ...settings, ...length));
      await keepsAll();
      expect(withoutTime(kept)).toEqual(withoutTime(await trialsOf('whole')));
      const plain = async (study: string) => (await conclusionsOf(study)).map(({ best, finalists }) => ({ best, finalists }));
      expect(await plain('broken')).toEqual(await plain('whole'));
    },
    300_000,
  );
});
