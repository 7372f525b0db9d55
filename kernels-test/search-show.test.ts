import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStudy, readStudySettings } from 'paredown/node';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { reportOf, showBest, writeReport } from '../src/cli/search/show.ts';

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
  return readFile(await reportOf(STUDY, changed, study, join(scratch, 'page.html')), 'utf8');
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

test('weights that are lost are reported with the command that makes them again', async () => {
  vi.stubEnv('npm_lifecycle_event', 'paredown');
  const print = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    await expect(showBest([STUDY, '--save', join(scratch, 'best.safetensors')])).rejects.toThrow(
      /the weights of trial \d+, the best, are missing or damaged\. To have them trained again, on the study's adapter \(llvmpipe: .*\): npm run paredown -- search --study docs\/results\/search-mnist-95$/,
    );
  } finally {
    print.mockRestore();
    vi.unstubAllEnvs();
  }
});
