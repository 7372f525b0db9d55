import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { datasetHash, imageFolder, openStudy, readStudySettings, writeStudySettings } from 'paredown/node';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { showBest } from '../src/cli/search/best.ts';
import { reportOf, showFront, writeReport } from '../src/cli/search/show.ts';
import { pngs, useImageFolders } from './support/image-folders.ts';

/** A study that is kept without the weights of its networks. */
const STUDY = 'docs/results/search-mnist-95';

let scratch = '';
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'paredown-show-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

async function pageOf(source: object): Promise<string> {
  const settings = (await readStudySettings(STUDY)) ?? expect.fail('there is no study');
  const study = await openStudy(STUDY, settings.context, { readOnly: true });
  const changed = { ...settings, data: { ...settings.data, source } };
  return readFile(await reportOf({ folder: STUDY, settings: changed, study }, join(scratch, 'page.html')), 'utf8');
}

test('the page of a study of MNIST has each published network for it, in both readings where the paper leaves two', async () => {
  const page = await pageOf({ data: 'mnist' });
  for (const name of [
    'dhingra/baseline',
    'dhingra/5x5-2-pool2',
    'dhingra/5x5-2-pool4',
    'gulati/condensenet-2',
    'nahhas/proposed',
  ])
    expect(page).toContain(name);
  for (const name of ['ke/baseline', 'babu/alexnet']) expect(page).not.toContain(name);
});

test('a folder that happens to be named MNIST is not compared with what was published for MNIST', async () => {
  expect(await pageOf({ data: '/home/me/MNIST' })).not.toMatch(/dhingra\/|The \d+ published networks/);
});

test('a page is written into a folder that is made for it', async () => {
  const print = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const file = join(scratch, 'new', 'page.html');
  try {
    expect(await writeReport([STUDY, '--out', file])).toBe(0);
  } finally {
    print.mockRestore();
  }
  expect(await readdir(join(scratch, 'new'))).toEqual(['page.html']);
});

test('a page that can not be written says where else it may go', async () => {
  // A folder has its name.
  await mkdir(join(scratch, 'taken'));
  await expect(writeReport([STUDY, '--out', join(scratch, 'taken')])).rejects.toThrow(
    /taken can't be written there: it is a folder; give --out FILE: .*search report docs/,
  );
});

test('weights that are lost are reported with the command that makes them again', async () => {
  vi.stubEnv('npm_lifecycle_event', 'paredown');
  const print = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    await expect(showBest([STUDY, '--save', join(scratch, 'best.safetensors')])).rejects.toThrow(
      /the weights of trial \d+ \([0-9a-f]{8}\), the best, are missing or damaged\. To have them trained again, on the study's adapter \(llvmpipe: .*\): npm run paredown -- search --study docs\/results\/search-mnist-95$/,
    );
  } finally {
    print.mockRestore();
    vi.unstubAllEnvs();
  }
});

const folderOf = useImageFolders();

test('the front of a study of images in a folder shows test figures of the images that are there now, and of no others', async () => {
  const images = { ...pngs('train/a', 0, 20), ...pngs('train/b', 100, 20), ...pngs('test/a', 40, 5), ...pngs('test/b', 140, 5) };
  const dir = await folderOf(images);
  const folder = join(scratch, 'of-images');
  await cp(STUDY, folder, { recursive: true });
  const settings = (await readStudySettings(folder)) ?? expect.fail('there is no study');
  await writeStudySettings(folder, { ...settings, data: { ...settings.data, source: { data: dir } } });
  const file = join(folder, 'conclusions.json');
  const testHash = await datasetHash((await imageFolder({ dir })).test);
  const kept = JSON.parse(await readFile(file, 'utf8'));
  kept.conclusions = kept.conclusions.slice(-1).map((conclusion: object) => ({ ...conclusion, testHash }));
  await writeFile(file, JSON.stringify(kept));

  const print = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const warn = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const shown = async () => {
    for (const written of [print, warn]) written.mockClear();
    expect(await showFront([folder])).toBe(0);
    const [out, err] = [print, warn].map((written) => written.mock.calls.map(([text]) => text).join(''));
    return { out, err };
  };
  try {
    const same = await shown();
    expect(same.out).toContain('The test set was looked at once');
    expect(same.err).toBe('');
    await writeFile(join(dir, 'test/a/40.png'), Object.values(pngs('', 41, 1))[0] ?? '');
    const changed = await shown();
    expect(changed.out).toContain('The test set was not looked at');
    expect(changed.out).toContain('Another test set was looked at once on');
    await rm(dir, { recursive: true });
    const gone = await shown();
    expect(gone.out).toBe(same.out);
    expect(gone.err).toContain('Whether the test set is still the one that was looked at is not known: ');
  } finally {
    print.mockRestore();
    warn.mockRestore();
  }
});
