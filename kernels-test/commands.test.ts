import { mkdir, readdir, readFile, realpath, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encode } from 'fast-png';
import {
  adam,
  conv2d,
  describe as counts,
  dense,
  encodeSafetensors,
  flatten,
  load,
  model,
  save,
  sgd,
  VERSION,
  zoo,
} from 'paredown/node';
import { beforeAll, describe, expect, test } from 'vitest';
import { closest } from '../src/cli/common/closest.ts';
import { type GroupSize, inGroups } from '../src/cli/predict/groups.ts';
import { parseOptions } from '../src/cli/train/options.ts';
import { decide, decideAgain, trainingOf } from '../src/cli/train/plan.ts';
import { smallNetwork } from '../src/cli/train/small-network.ts';
import { optimizerTypes } from '../src/train/optimizers/registry.ts';
import { useCommand } from './support/command.ts';
import { idxImages, idxLabels, put } from './support/data-files.ts';
import { paredownOf } from './support/html-page.ts';
import { readTflite } from './support/tflite-file.ts';

const { folder, start, paredown } = useCommand('commands');
const within = (...path: string[]) => join(folder(), ...path);

/** Stripes that lie, stand or lean, with noise by the number of the image. */
const KINDS = {
  lying: (row: number, _column: number) => row >> 1,
  standing: (_row: number, column: number) => column >> 1,
  leaning: (row: number, column: number) => (row + column) >> 1,
};

async function writeImages(where: string, kinds: readonly (keyof typeof KINDS)[], images: number): Promise<void> {
  for (const kind of kinds) {
    await mkdir(within(where, kind), { recursive: true });
    for (let image = 0; image < images; image++) {
      const grey = (pixel: number) => {
        const stripe = (KINDS[kind](pixel >> 3, pixel & 7) + image) & 1;
        return (stripe === 0 ? 60 : 190) + ((pixel * 7 + image * 13) % 41);
      };
      const data = Uint8Array.from({ length: 64 }, (_, pixel) => grey(pixel));
      await writeFile(within(where, kind, `${image}.png`), encode({ width: 8, height: 8, channels: 1, data }));
    }
  }
}

const FILES = ['checkpoint', 'curves.svg', 'metrics.jsonl', 'model.safetensors', 'run.json', 'state.json'];
const TRAIN = ['train', 'stripes', '--steps', '240', '--batch', '8', '--json'];

// The commands are under test, and not the driver below.
describe.skipIf(process.env.PAREDOWN_TEST_DRIVER)('paredown', () => {
  beforeAll(async () => {
    await writeImages('stripes', ['lying', 'standing', 'leaning'], 24);
    await save(
      within('plain.safetensors'),
      model([4], [dense(2)]),
      new Map([
        ['dense_1/weights', { shape: [4, 2], data: new Float32Array(8) }],
        ['dense_1/bias', { shape: [2], data: new Float32Array(2) }],
      ]),
    );
    const seen = model([8, 8, 1], [flatten(), dense(3, { bias: false })]);
    const weights = new Map([
      ['dense_1/weights', { shape: [64, 3], data: Float32Array.from({ length: 192 }, (_, index) => Math.sin(index) / 10) }],
    ]);
    await save(within('bytes.safetensors'), seen, weights);
    const floats = { shape: seen.input, scale: 1, offset: 0, dtype: 'float32' } as const;
    await save(within('floats.safetensors'), seen, weights, { input: floats });
    await save(within('scaled.safetensors'), seen, weights, { input: { shape: seen.input, scale: 2 / 255, offset: -1 } });
    // What is not black is too much for float32.
    const huge = new Map([['dense_1/weights', { shape: [64, 3], data: new Float32Array(192).fill(3e38) }]]);
    await save(within('huge.safetensors'), seen, huge, { input: { shape: seen.input, scale: 1, offset: 0 } });
    await writeFile(
      within('net.json'),
      JSON.stringify(model([8, 8, 1], [conv2d(4, 3, { strides: [2, 2] }), flatten(), dense(3)])),
    );
    await writeFile(within('text.keras'), 'weights');
    await writeFile(within('two.json'), JSON.stringify(model([8, 8, 1], [flatten(), dense(2)])));
  });

  test.each([
    [[], 2, /^Usage: paredown COMMAND/],
    [['--help'], 0, /train .*\n.*predict .*\n(.*\n)*.*doctor/],
    [['help', 'train'], 0, /^Usage: paredown train DATA/],
    ...['train', 'predict', 'evaluate', 'info', 'export', 'zoo', 'doctor'].map(
      (name) => [[name, '--help'], 0, /--json +print/] as const,
    ),
  ] as const)('helps with %j', async (args, code, text) => {
    const done = await paredown(...args);
    expect([done.code, done.stderr]).toEqual([code, '']);
    expect(done.stdout).toMatch(text);
    expect(Math.max(...done.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
  });

  test.each([
    [['trian'], /unknown command 'trian'\n\(Did you mean train\?\)/],
    [['train'], /Name the data to train on: mnist, cifar10/],
    [['train', 'nowhere'], /DATA nowhere: there is no such folder/],
    [['train', 'stripes', '--epoch', '3'], /unknown option '--epoch'\n\(Did you mean --epochs\?\)/],
    [['train', 'stripes', '--epochs', '3', '--steps', '3'], /give one of the two/],
    [['train', 'stripes', '--model', 'nahhas/propsed'], /no such network \(did you mean nahhas\/proposed\?\)/],
    [['train', 'stripes', '--model', 'missing.json'], /--model missing\.json: there is no such file/],
    [['train', 'stripes', '--model', 'babu/squeezenet-v1.1'], /--model babu\/squeezenet-v1\.1 takes samples of \[32, 32, 3\]/],
    [['train', 'stripes', '--model', 'babu/squeezenet-v1.2'], /no such network \(did you mean babu\/squeezenet-v1\.\d\?\)/],
    [['train', 'stripes', '--model', 'runs'], /--model runs: .*there is no such file/],
    [
      ['train', 'stripes', '--model', 'stripes'],
      /^--model stripes: stripes holds no model\.safetensors; name a model\.safetensors/,
    ],
    [['train', 'stripes', '--weights', 'missing.safetensors'], /--weights missing\.safetensors: there is no such file/],
    [['train', 'stripes', '--weights', 'text.keras'], /--weights text\.keras: .*neither a \.keras file.* nor an HDF5 file/],
    [
      ['train', 'stripes', '--model', 'nahhas/proposed'],
      /takes samples of \[28, 28, 1\], stripes has \[8, 8, 1\]: resize .* --size/,
    ],
    [['train', 'stripes', '--model', 'two.json'], /gives \[2\], and stripes has 3 classes: it must end in a dense layer of 3/],
    [['train', 'stripes', '--batch', '500'], /--batch 500: stripes has 54 samples to train on/],
    [['train', '--resume'], /--resume: name the run folder by --out, or the data/],
    [['train', '--resume', '--out', 'none'], /none holds no run to go on with: name the data/],
    [['evaluate', 'plain.safetensors'], /required option '--data <name>'/],
    [['evaluate', 'missing', '--data', 'stripes'], /missing: there is no such file; name a model\.safetensors/],
    [
      ['evaluate', 'plain.safetensors', '--data', 'stripes', '--scale', '1'],
      /plain\.safetensors takes samples of \[4\], stripes has \[8, 8, 1\]/,
    ],
    [
      ['evaluate', 'bytes.safetensors', '--data', 'stripes'],
      /bytes\.safetensors does not tell how the bytes of images are scaled: give --scale 1\/255/,
    ],
    [
      ['evaluate', 'floats.safetensors', '--data', 'stripes', '--offset', '1'],
      /floats\.safetensors was trained on floats, and does not tell how the bytes of images are scaled: give --scale/,
    ],
    [['predict', 'floats.safetensors', 'stripes/lying/0.png'], /was trained on floats, and does not tell/],
    [['predict', 'plain.safetensors', 'x.png'], /plain\.safetensors takes \[4\], not images: \[height, width, 1 or 3\]/],
    [['info', 'stripes'], /^stripes holds no model\.safetensors; name a model\.safetensors/],
    [['info', 'net.json'], /^net\.json is no model; name a model\.safetensors/],
    [['predict', 'plain.safetensors'], /missing required argument 'image'/],
    [['predict', 'bytes.safetensors', 'x.png'], /bytes\.safetensors does not tell how .* give --scale 1\/255/],
    [['predict', 'plain.safetensors', 'x.png', '--scale', '0'], /other than 0, such as 1\/255/],
    [['export', 'plain.safetensors'], /required option '--to <format>'/],
    [
      ['export', 'plain.safetensors', '--to', 'docx'],
      /'docx' is invalid\. It must be safetensors or compressed or onnx or tflite or c/,
    ],
    [['export', 'plain.safetensors', '--to', 'safetensors', '--softmax'], /--softmax is not for safetensors/],
    [
      ['export', 'bytes.safetensors', '--to', 'onnx', '--bytes-in'],
      /bytes\.safetensors does not tell how the bytes of images are scaled: give --scale 1\/255/,
    ],
    [
      ['export', 'plain.safetensors', '--to', 'safetensors', '--quantize', '8', '--data', 'digits'],
      /--quantize is not for safetensors/,
    ],
    [['export', 'plain.safetensors', '--to', 'c', '--quantize', '7', '--data', 'digits'], /It must be 8, 6, 5, 4, 3, 2/],
    [['export', 'plain.safetensors', '--to', 'c', '--quantize', '8'], /--quantize needs --data/],
    [
      ['export', 'plain.safetensors', '--to', 'c', '--data', 'digits'],
      /--data tells the ranges of integers: give --quantize too/,
    ],
    [
      ['export', 'plain.safetensors', '--to', 'onnx', '--name', 'eye', '--out', 'x.onnx'],
      /--name and --out: give one of the two; onnx is one file/,
    ],
    [['train', 'digits', '--data-dir', 'stripes'], /--data-dir is for mnist, cifar10, lfw-gender; digits are drawn/],
    [['zoo', 'nothing'], /No network matches \/nothing\//],
    [['zoo', '('], /regular expression/],
  ])('refuses %j with a message alone, and makes nothing', async (args, message) => {
    const before = await readdir(folder());
    const { code, stdout, stderr } = await paredown(...args);
    expect(code).toBe(2);
    expect(stdout.replaceAll(/^(Classes, with|WARNING: There is no checkpoint).*\n/gm, '')).toBe('');
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(await readdir(folder())).toEqual(before);
  });

  test('evaluate and predict scale bytes as is typed, else as the model tells', async () => {
    const typed = ['--scale', '2/255', '--offset', '-1', '--json'];
    const outcome = async (...args: string[]) => {
      const { stdout, stderr } = await paredown(...args);
      const { loss, accuracy, classes } = JSON.parse(stdout || `{"loss":${JSON.stringify(stderr)}}`);
      return { loss, accuracy, classes };
    };
    const [told, ...others] = await Promise.all([
      outcome('evaluate', 'scaled.safetensors', '--data', 'stripes', '--json'),
      ...['bytes', 'floats'].map((name) => outcome('evaluate', `${name}.safetensors`, '--data', 'stripes', ...typed)),
    ]);
    expect(told?.loss).toBeLessThan(10);
    expect(others).toEqual([told, told]);
    const image = 'stripes/lying/0.png';
    const seen = await outcome('predict', 'scaled.safetensors', image, '--json');
    expect(seen.classes).toHaveLength(3);
    expect(await outcome('predict', 'floats.safetensors', image, ...typed)).toEqual(seen);
  });

  test('predicts the others where an image is too much for the model, and names it', async () => {
    await mkdir(within('dark'));
    for (const [name, grey] of Object.entries({ a: 0, b: 200, c: 0 }))
      await writeFile(
        within('dark', `${name}.png`),
        encode({ width: 8, height: 8, channels: 1, data: new Uint8Array(64).fill(grey) }),
      );
    const { code, stdout, stderr } = await paredown('predict', 'huge.safetensors', 'dark', '--top', '1');
    expect([code, stdout]).toEqual([1, 'dark/a.png  0 33.3%\ndark/c.png  0 33.3%\n']);
    expect(stderr).toMatch(/^dark\/b\.png: the model's output is not finite; .*\n$/);
  });

  test('predict holds no more pixels at a time than it may, nor more images', async () => {
    const files = ['lying', 'standing'].flatMap((kind) => [0, 1, 2].map((image) => within('stripes', kind, `${image}.png`)));
    const paths = [...files.slice(0, 3), within('net.json'), ...files.slice(3)];
    const sizes = async (most: GroupSize) => {
      const groups: string[][] = [];
      for await (const group of inGroups(paths, most)) groups.push(group.map(({ path }) => path));
      expect(groups.flat()).toEqual(paths);
      return groups.map(({ length }) => length);
    };
    expect(await sizes({ images: 64, pixels: 1e6 })).toEqual([7]);
    expect(await sizes({ images: 3, pixels: 1e6 })).toEqual([3, 3, 1]);
    expect(await sizes({ images: 64, pixels: 65 })).toEqual([2, 3, 2]);
    expect(await sizes({ images: 64, pixels: 1 })).toEqual([1, 1, 1, 2, 1, 1]);
  });

  describe('that trained on a folder', () => {
    let whole: ReturnType<typeof start>;
    beforeAll(async () => {
      const large = (stripe: (row: number, column: number) => number) => {
        const data = Uint8Array.from({ length: 3 * 32 * 32 }, (_, index) => {
          const pixel = Math.floor(index / 3);
          return (stripe(pixel >> 7, (pixel & 31) >> 2) & 1) === 0 ? 70 : 200;
        });
        return encode({ width: 32, height: 32, channels: 3, data });
      };
      await mkdir(within('new', 'more'), { recursive: true });
      await writeFile(within('new', 'a.png'), large(KINDS.lying));
      await writeFile(within('new', 'more', 'b.PNG'), large(KINDS.standing));
      await writeFile(within('new', 'broken.jpg'), 'no image');
      await writeFile(within('new', 'notes.txt'), 'no image either');
      await writeFile(within('new', 'other.webp'), 'of another kind');
      whole = start([...TRAIN, '--out', 'whole']);
      expect(await whole.exit, whole.stderr).toBe(0);
    });
    const accuracy = () => (whole.lines().at(-1)?.test as { accuracy: number } | undefined)?.accuracy;

    test('keeps a model that says what it takes, and its run', async () => {
      expect((await readdir(within('whole'))).sort()).toEqual(FILES);
      const kept = await load(within('whole', 'model.safetensors'));
      if (kept.kind !== 'model') expect.unreachable();
      expect(kept.input).toMatchObject({
        shape: [8, 8, 1],
        scale: 1 / 255,
        classNames: ['leaning', 'lying', 'standing'],
        dataName: 'stripes',
      });
      expect(whole.lines().at(-1)).toMatchObject({
        type: 'result',
        step: 240,
        steps: 240,
        options: { model: 'small', schedule: 'cosine' },
      });
      expect(accuracy()).toBeGreaterThan(0.9);
    });

    test('goes on after Ctrl-C to the very same weights', async () => {
      const stopped = start([...TRAIN, '--evaluate-every', '20', '--out', 'broken']);
      await stopped.until(() => stopped.lines().some(({ type }) => type === 'evaluation'));
      stopped.child.kill('SIGINT');
      expect(await stopped.exit, stopped.stderr).toBe(130);
      expect(stopped.stderr).toContain('To go on: npx paredown train --resume --out broken');
      const itsRun = 'its run makes a model.safetensors when it ends: npx paredown train --resume --out broken\n';
      expect((await paredown('info', 'broken')).stderr).toBe(`broken holds no model.safetensors; ${itsRun}`);
      expect((await paredown('info', 'broken/checkpoint')).stderr).toBe(
        `broken/checkpoint is a checkpoint, from which a training goes on; ${itsRun}`,
      );
      const other = await paredown('train', '--resume', '--out', 'broken', '--batch', '4', '--json');
      expect(other.code).toBe(2);
      expect(other.stderr).toMatch(/--batch 4: the run in broken was started with 8/);
      const finished = start(['train', '--resume', '--out', 'broken', '--json']);
      expect(await finished.exit, finished.stderr).toBe(0);
      expect(finished.lines().find(({ type }) => type === 'start')?.step).toBeGreaterThan(0);
      const [one, two] = await Promise.all(['whole', 'broken'].map((run) => readFile(within(run, 'model.safetensors'))));
      expect(two?.equals(one ?? Buffer.of())).toBe(true);
    });

    test('tells what the model is', async () => {
      const { code, stdout } = await paredown('info', 'whole');
      expect(code).toBe(0);
      expect(stdout).toMatch(/^input +8 x 8 x 1 bytes times 1\/255$/m);
      expect(stdout).toMatch(/^classes +3: leaning, lying, standing$/m);
      expect(stdout).toMatch(/^training +240 steps of 8, Adam, learning rate 0\.005, seed 0; test accuracy/m);
      const { length } = await readFile(within('whole', 'model.safetensors'));
      const [info] = [JSON.parse((await paredown('info', 'whole', '--json')).stdout)];
      expect(info.sizes).toContainEqual({ format: 'safetensors', bytes: length });
      expect(info).toMatchObject({
        type: 'info',
        bytes: length,
        parameters: counts(info.model).parameters,
        input: { dataName: 'stripes' },
      });
    });

    test('evaluates it, by the names of the classes where a folder has fewer', async () => {
      const evaluated = JSON.parse((await paredown('evaluate', 'whole', '--data', 'stripes', '--json')).stdout);
      expect(evaluated.accuracy).toBe(accuracy());
      // Of three classes the first and the last: 0 and 1 in the folder, 0 and 2 to the model.
      await writeImages('fewer', ['leaning', 'standing'], 24);
      const { stdout } = await paredown('evaluate', 'whole', '--data', 'fewer', '--split', 'train', '--json');
      const fewer = JSON.parse(stdout);
      expect(fewer.accuracy).toBeGreaterThan(0.9);
      expect(fewer.confusion.map((row: number[]) => row.reduce((sum, count) => sum + count, 0))).toEqual([18, 0, 18]);
      await mkdir(within('unknown'));
      await writeImages('unknown', ['lying'], 8);
      await mkdir(within('unknown', 'zigzag'));
      for (let image = 0; image < 8; image++)
        await writeFile(
          within('unknown', 'zigzag', `${image}.png`),
          await readFile(within('stripes', 'leaning', `${image}.png`)),
        );
      const refused = await paredown('evaluate', 'whole', '--data', 'unknown');
      expect([refused.code, refused.stderr]).toEqual([
        2,
        expect.stringMatching(/does not know the classes zigzag; its classes are leaning, lying/),
      ]);
    });

    test('predicts images of any size, names what it cannot read, and says so by the exit code', async () => {
      const lines = (text: string) => text.trimEnd().split('\n');
      const { code, stdout, stderr } = await paredown('predict', 'whole', 'new', 'none.png');
      expect(code).toBe(1);
      expect(lines(stdout).map((line) => line.replaceAll(/ [\d.]+%/g, ' %'))).toEqual([
        expect.stringMatching(/^new\/a\.png {7}lying %( {2}\w+ %){2}$/),
        expect.stringMatching(/^new\/more\/b\.PNG {2}standing %( {2}\w+ %){2}$/),
      ]);
      expect(lines(stderr)).toEqual([
        'new/other.webp: is neither a PNG nor a JPEG; convert it to PNG',
        'none.png: there is no such file',
        expect.stringMatching(/^new\/broken\.jpg: is neither a PNG nor a JPEG/),
      ]);
      const told = await paredown('predict', 'whole', 'none.png', 'new/a.png', '--json');
      expect([told.code, told.stderr]).toEqual([1, '']);
      expect(lines(told.stdout).map((line) => JSON.parse(line))).toMatchObject([
        { type: 'error', image: 'none.png', message: 'there is no such file' },
        { type: 'prediction', image: 'new/a.png' },
      ]);
      const good = await paredown('predict', 'whole/model.safetensors', 'new/a.png', '--json');
      expect([good.code, good.stderr]).toEqual([0, '']);
      const answer = JSON.parse(good.stdout);
      expect(answer).toMatchObject({ type: 'prediction', image: 'new/a.png', classes: [{ class: 'lying', index: 1 }, {}, {}] });
      const top = await paredown('predict', 'whole', 'new/a.png', '--top', '1', '--scale', '1/255', '--offset', '0');
      expect(top.stdout).toBe(`new/a.png  lying ${(100 * answer.classes[0].probability).toFixed(1)}%\n`);
    });

    test('exports it, and never over itself', async () => {
      expect((await paredown('export', 'whole', '--to', 'safetensors')).stderr).toMatch(
        /is the model itself: name another file by --out/,
      );
      const { code, stdout } = await paredown('export', 'whole', '--to', 'safetensors', '--out', 'out/copy.safetensors');
      const [copy, kept] = await Promise.all(
        ['out/copy.safetensors', 'whole/model.safetensors'].map((path) => readFile(within(path))),
      );
      expect([code, stdout]).toEqual([0, `out/copy.safetensors: ${copy?.length.toLocaleString('en-US')} bytes\n`]);
      expect(copy?.equals(kept ?? Buffer.of())).toBe(true);
    });

    test('exports it compressed, which the commands take as a model again', async () => {
      const done = await paredown('export', 'whole', '--to', 'compressed', '--out', 'out/net.paredown');
      expect([done.code, done.stderr]).toEqual([0, '']);
      const answers = await Promise.all(
        ['whole', 'out/net.paredown'].map(async (model) => (await paredown('predict', model, 'new/a.png', '--json')).stdout),
      );
      expect(answers[1]).toBe(answers[0]);
      expect((await paredown('info', 'out/net.paredown')).stdout).toMatch(/^out\/net\.paredown: compressed, /);
    });

    test('exports it in integers, which are evaluated as they leave', async () => {
      const done = await paredown(
        'export',
        'whole',
        '--to',
        'c',
        '--quantize',
        '8',
        '--data',
        'stripes',
        '--out',
        'out/integers',
      );
      expect([done.code, done.stderr]).toEqual([0, '']);
      expect(await readFile(within('out', 'integers', 'network.c'), 'utf8')).toContain('static int8_t clamped');
      const few = await paredown(
        'export',
        'whole',
        '--to',
        'compressed',
        '--quantize',
        '4',
        '--data',
        'stripes',
        '--out',
        'out/few.paredown',
      );
      expect([few.code, few.stderr]).toEqual([0, '']);
      expect((await load(within('out', 'few.paredown'))).kind).toBe('model');
      const told = JSON.parse((await paredown('info', 'out/few.paredown', '--json')).stdout);
      expect(told.bits).toEqual({ weights: 4, activations: 8 });
      const integers = told.sizes.filter((size: { integers?: boolean }) => size.integers);
      expect(integers.map(({ format }: { format: string }) => format)).toEqual(['compressed', 'onnx', 'c', 'html']);
      const again = await paredown('export', 'out/few.paredown', '--to', 'onnx', '--softmax', '--out', 'out/few.onnx');
      expect([again.code, again.stderr]).toEqual([0, '']);
      expect((await readFile(within('out', 'few.onnx'))).includes('DequantizeLinear')).toBe(true);
      const evaluated = JSON.parse((await paredown('evaluate', 'out/few.paredown', '--data', 'stripes', '--json')).stdout);
      expect(evaluated.accuracy).toBeGreaterThan(0.3);
    });

    test('exports it as ONNX, which the commands take as a model again', async () => {
      const done = await paredown('export', 'whole', '--to', 'onnx', '--softmax', '--out', 'out/net.onnx', '--json');
      const [exported] = JSON.parse(done.stdout).files;
      expect(exported).toEqual({ path: 'out/net.onnx', bytes: (await readFile(within('out', 'net.onnx'))).length });
      const [ours, theirs] = await Promise.all(
        ['whole', 'out/net.onnx'].map(async (model) =>
          JSON.parse((await paredown('predict', model, 'new/a.png', '--json')).stdout),
        ),
      );
      expect(theirs.classes[0].class).toBe('lying');
      for (const [place, { probability }] of ours.classes.entries())
        expect(Math.abs(theirs.classes[place].probability - probability)).toBeLessThan(1e-5);
      const { stdout } = await paredown('info', 'out/net.onnx');
      expect(stdout).toMatch(/^out\/net\.onnx: ONNX, [\d,]+ bytes$/m);
      expect(stdout).toMatch(/^classes +3: leaning, lying, standing$/m);
    });

    test('exports what is typed of the bytes that a model takes', async () => {
      const typed = ['--to', 'onnx', '--scale', '2/255', '--offset', '-1', '--out', 'out/typed.onnx'];
      const done = await paredown('export', 'bytes.safetensors', ...typed);
      expect([done.code, done.stderr]).toEqual([0, '']);
      const described = JSON.parse((await paredown('info', 'out/typed.onnx', '--json')).stdout);
      expect(described.input).toMatchObject({ dtype: 'uint8', scale: 2 / 255, offset: -1 });
      expect((await paredown('export', 'bytes.safetensors', '--bytes-in', ...typed)).code).toBe(0);
    });

    test('is not gone on with where its images were changed, or for a folder that is not its own', async () => {
      const resumed = (...args: string[]) => paredown('train', '--resume', '--out', 'changed', ...args);
      await writeImages('changing', ['lying', 'standing'], 12);
      expect((await paredown('train', 'changing', '--steps', '2', '--out', 'changed')).code).toBe(0);
      const other = await resumed('--data-dir', 'stripes');
      expect([other.code, other.stderr]).toEqual([2, expect.stringMatching(/--data-dir is for .* is a folder itself/)]);
      await writeImages('changing', ['lying'], 13);
      const { code, stderr } = await resumed();
      expect([code, stderr]).toEqual([
        1,
        expect.stringMatching(/Images of .*changing were added, removed or changed since: make them what they were, or name/),
      ]);
    });

    test('goes on where the files of its data were moved to, and keeps their place', async () => {
      await put(within('faces', 'lfw-gender'), {
        'train-images-idx3-ubyte': idxImages(20, 64),
        'train-labels-idx1-ubyte': idxLabels(20, (index) => index % 2),
        'test-images-idx3-ubyte': idxImages(4, 64),
        'test-labels-idx1-ubyte': idxLabels(4, (index) => index % 2),
      });
      const small = ['--size', '8', '--steps', '2', '--batch', '2', '--out', 'moved'];
      const begun = await paredown('train', 'lfw-gender', '--data-dir', 'faces', ...small);
      expect([begun.code, begun.stderr]).toEqual([0, '']);
      await rename(within('faces'), within('elsewhere'));
      const resumed = await paredown('train', '--resume', '--out', 'moved', '--data-dir', 'elsewhere');
      expect([resumed.code, resumed.stderr]).toEqual([0, '']);
      const { options } = JSON.parse(await readFile(within('moved', 'run.json'), 'utf8'));
      expect(options.dataDir).toBe(await realpath(within('elsewhere')));
    });

    test('exports it for TensorFlow Lite, with the names of its classes', async () => {
      const done = await paredown('export', 'whole', '--to', 'tflite', '--softmax', '--out', 'out/net.tflite');
      expect(done.code, done.stderr).toBe(0);
      expect((await paredown('info', 'out/net.tflite')).stderr).toMatch(
        /^out\/net\.tflite is a TensorFlow Lite file, which can be written, not read; name a model\.safetensors/,
      );
      const { metadata } = readTflite(await readFile(within('out', 'net.tflite')));
      expect(JSON.parse(metadata.get('input') ?? '{}').classNames).toEqual(['leaning', 'lying', 'standing']);
    });

    test('exports it as a page, in floats and in integers, with a heading', async () => {
      const done = await paredown('export', 'whole', '--to', 'html', '--name', 'Stripes', '--json');
      expect([done.code, done.stderr]).toEqual([0, '']);
      const [{ path, bytes }] = JSON.parse(done.stdout).files;
      const page = await readFile(within(path), 'utf8');
      expect([path, bytes]).toEqual(['whole/Stripes.html', Buffer.byteLength(page)]);
      expect(page).toContain('<h1>Stripes</h1>');
      expect(paredownOf(page).classNames).toEqual(['leaning', 'lying', 'standing']);
      const made = ['--quantize', '8', '--data', 'stripes', '--out', 'out/integers.html'];
      const integers = await paredown('export', 'whole', '--to', 'html', ...made);
      expect([integers.code, integers.stderr]).toEqual([0, '']);
      const smaller = await readFile(within('out', 'integers.html'), 'utf8');
      expect(smaller).toContain('weights in integers of 8 bits');
      expect(smaller).toContain('<h1>stripes classifier</h1>');
    });

    test('begins another training with an ONNX file that ends with a softmax, without that', async () => {
      const exported = await paredown('export', 'whole', '--to', 'onnx', '--softmax', '--out', 'out/softmax.onnx');
      expect(exported.code, exported.stderr).toBe(0);
      const before = JSON.parse((await paredown('info', 'out/softmax.onnx', '--json')).stdout).model.layers;
      expect(before.at(-1)).toMatchObject({ activation: 'softmax' });
      const note = (option: string) =>
        `${option} out/softmax.onnx: the network ends with a softmax, which the loss contains: it is trained and saved without it\n`;
      const few = ['--steps', '2', '--batch', '8', '--out', 'linear'];
      const { code, stderr } = await paredown('train', 'stripes', '--weights', 'out/softmax.onnx', ...few);
      expect([code, stderr]).toEqual([0, note('--weights')]);
      const { model } = JSON.parse((await paredown('info', 'linear', '--json')).stdout);
      expect(model.layers).toEqual(before.slice(0, -1));
      for (const [option, ...args] of [
        ['--model', 'train', 'digits'],
        ['--start', 'search', '--data', 'digits'],
        ['--from', 'search', '--data', 'digits'],
      ] as const) {
        const refused = await paredown(...args, option, 'out/softmax.onnx');
        expect(refused.stderr.startsWith(note(option)), refused.stderr).toBe(true);
        expect(refused.stderr).toMatch(/takes samples of \[8, ?8, ?1\], digits has/);
      }
    });

    test('begins another training with its weights, and ends one that gets no better', async () => {
      const again = start([
        'train',
        'stripes',
        '--weights',
        'whole/model.safetensors',
        '--steps',
        '400',
        '--batch',
        '8',
        '--patience',
        '2',
        '--evaluate-every',
        '5',
        '--json',
        '--out',
        'again',
      ]);
      expect(await again.exit, again.stderr).toBe(0);
      const result = again.lines().at(-1);
      expect(result?.step).toBeLessThan(400);
      expect(again.lines().filter(({ type }) => type === 'evaluation')[0]?.accuracy).toBeGreaterThan(0.9);
      // It is over: nothing is trained, and the same comes out.
      const over = start(['train', '--resume', '--out', 'again', '--json']);
      expect(await over.exit, over.stderr).toBe(0);
      expect(over.lines().filter(({ type }) => type === 'progress')).toEqual([]);
      expect(over.lines().at(-1)).toMatchObject({ step: result?.step, test: result?.test });
    });

    test('begins with weights as PyTorch saves them', async () => {
      const ramp = (...shape: number[]) => ({
        shape,
        data: Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, (_, index) => Math.cos(index)),
      });
      const tensors = { '0.weight': ramp(4, 1, 3, 3), '0.bias': ramp(4), '2.weight': ramp(3, 36), '2.bias': ramp(3) };
      await writeFile(within('torch.safetensors'), encodeSafetensors(new Map(Object.entries(tensors))));
      const weights = ['--weights', 'torch.safetensors'];
      expect((await paredown('train', 'stripes', ...weights)).stderr).toMatch(
        /holds weights alone, .*: name their network by --model/,
      );
      expect((await paredown('train', 'stripes', ...weights, '--model', 'nahhas/proposed')).code).toBe(2);
      const still = ['--steps', '1', '--learning-rate', '1e-30', '--out', 'torch'];
      const { code, stderr } = await paredown('train', 'stripes', ...weights, '--model', 'net.json', ...still);
      expect([code, stderr]).toEqual([0, '']);
      const kept = await load(within('torch', 'model.safetensors'));
      if (kept.kind !== 'model') expect.unreachable();
      // [filters, channels, rows, columns] there, [rows, columns, channels, filters] here.
      expect(kept.weights.get('conv2d_1/filter')?.data[4]).toBe(tensors['0.weight'].data[1]);
      expect(kept.weights.get('dense_1/bias')?.data).toEqual(tensors['2.bias'].data);
    });

    test('takes the JSON of a model, shows it without --json, and sets aside what lay there', async () => {
      for (const _ of [1, 2]) {
        const { code, stdout } = await paredown('train', 'stripes', '--model', 'net.json', '--steps', '6', '--out', 'json');
        expect(code).toBe(0);
        expect(stdout).toMatch(/^training +6 steps of 8, Adam, learning rate 0\.001, seed 0$/m);
        expect(stdout).toMatch(/^true +name .*\n +0 +leaning .*\n +1 +lying .*\n +2 +standing /m);
        expect(stdout).toContain('What it is: npx paredown info json/model.safetensors');
      }
      expect((await readdir(within('json.1'))).sort()).toEqual(FILES);
    });
  });

  test('lists the zoo', async () => {
    const lines = (await paredown('zoo', '--json')).stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ type, name }) => [type, name])).toEqual(Object.keys(zoo).map((name) => ['network', name]));
    const { stdout } = await paredown('zoo', 'nahhas/proposed');
    expect(stdout).toMatch(/^nahhas\/proposed +28x28x1 +707 /m);
    expect((await paredown('zoo', 'nahhas/proposed', '--layers')).stdout).toMatch(
      /^nahhas\/proposed\nlayer .*\n(.*\n)*total +707/m,
    );
  });

  test('examines the machine, with an adapter and without', async () => {
    const { code, stdout } = await paredown('doctor', '--json');
    const report = JSON.parse(stdout);
    expect(code).toBe(0);
    expect(report).toMatchObject({
      type: 'doctor',
      paredown: VERSION,
      adapter: { test: { works: true }, limits: { maxBufferSize: expect.any(Number) } },
    });
    const none = await start(['doctor'], {
      VK_DRIVER_FILES: '/none.json',
      VK_ICD_FILENAMES: '/none.json',
      PAREDOWN_DATA: within('stripes'),
    }).end();
    if (process.platform === 'linux') {
      expect(none.code).toBe(1);
      expect(none.stdout).toMatch(/^adapter +NONE\. No WebGPU adapter was found/m);
      expect(none.stdout).toMatch(/^what to do +(.*\n)? *Dawn needs a Vulkan driver/m);
    }
    expect(none.stdout).toMatch(/^paredown +\d/m);
    expect(none.stdout).toMatch(/^data .*(\n .*)?leaning\/, lying\//m);
  });
});

describe('the options of train', () => {
  const given = (...args: string[]) => parseOptions(['data', ...args]) ?? expect.unreachable();
  const decided = (images: number, ...args: string[]) => decide(given(...args), { data: 'data' }, images);

  test.each([
    [55_000, { batch: 64, steps: 8600, evaluateEvery: 860 }],
    [640, { batch: 64, steps: 1000, evaluateEvery: 10 }],
    [100, { batch: 8, steps: 1001, evaluateEvery: 13 }],
    [20, { batch: 8, steps: 300, evaluateEvery: 3 }],
    [3, { batch: 3, steps: 100, evaluateEvery: 1 }],
  ])('suit %i images', (images, expected) =>
    expect(decided(images)).toMatchObject({ ...expected, optimizer: 'adam', learningRate: 5e-3 }),
  );

  test('are those of the run when it is resumed', () => {
    const before = decided(1000, '--schedule', 'constant', '--augment', 'shift=2', '--patience', '3');
    const again = (...args: string[]) => decideAgain(given('--resume', '--out', 'run', ...args), before, 1000);
    expect(again()).toEqual(before);
    expect(again('--augment', 'shift=2', '--model', 'small')).toEqual(before);
    expect(again('--epochs', '90').steps).toBe(90 * Math.ceil(1000 / before.batch));
    for (const [flag, value, was] of [
      ['--seed', '4', '0'],
      ['--optimizer', 'sgd', 'adam'],
      ['--augment', 'shift=3', '{"shift":2}'],
      ['--model', 'nahhas/proposed', 'small'],
      ['--weights', 'w.safetensors', 'none'],
    ] as const)
      expect(() => again(flag, value)).toThrow(`the run in run was started with ${was}`);
    const cosine = decided(1000);
    expect(() => decideAgain(given('--epochs', '90'), cosine, 1000)).toThrow(/over which its learning rate falls/);
  });

  test('name every optimizer', () => {
    const optimizer = (...args: string[]) => trainingOf(decided(100, ...args)).optimizer;
    expect(optimizer()).toEqual(adam({ learningRate: 5e-3 }));
    const types = optimizerTypes.map((type) => optimizer('--optimizer', type.toLowerCase()).type);
    expect(types).toEqual(optimizerTypes);
  });

  test('say all that a recipe of a search can', () => {
    const args = ['--optimizer', 'sgd,nesterov=true', '--learning-rate', '0.02', '--schedule', 'one-cycle=0.1'];
    expect(trainingOf(decided(100, ...args, '--steps', '200', '--averaging', '0.99'))).toEqual({
      optimizer: sgd({ learningRate: 0.02, momentum: 0.9, nesterov: true }),
      schedule: { type: 'cosine', steps: 200, warmup: 20 },
      labelSmoothing: 0,
      averaging: { decay: 0.99 },
    });
    expect(trainingOf(decided(100, '--averaging', '0'))).not.toHaveProperty('averaging');
  });
});

test.each([
  [[1, 1, 1], 2, 1],
  [[7, 300, 3], 2, 1],
  [[8, 8, 1], 3, 2],
  [[28, 28, 1], 10, 3],
  [[64, 64, 3], 5, 5],
  [[65, 65, 3], 5, 4],
  [[224, 224, 3], 1000, 5],
] as const)('the small network for %j has %i outputs and %i convolutions', (input, classes, convolutions) => {
  const { layers } = counts(smallNetwork(input, classes));
  expect(layers.filter(({ type }) => type === 'conv2d')).toHaveLength(convolutions);
  expect(layers.at(-1)?.outputShape).toEqual([classes]);
});

test('a name that was mistyped is found, and no other', () => {
  const names = ['nahhas/proposed', 'nahhas/cnn', 'ke/baseline'];
  expect(closest('nahas/proposed', names)).toBe('nahhas/proposed');
  expect(closest('KE/BASELINE', names)).toBe('ke/baseline');
  expect(closest('resnet50', names)).toBeUndefined();
});
