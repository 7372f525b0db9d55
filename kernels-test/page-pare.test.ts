import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { unzipSync } from 'fflate';
import { decodeModel, openStudy, readStudySettings } from 'paredown/node';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { browserToTest, startBrowser } from './support/browsers.ts';
import { useCommand } from './support/command.ts';
import { serveDemo } from './support/page.ts';

// The room of the demo page that searches, on a software driver: trainings of a tenth of an epoch, four trials and what confirms them.
const { folder, paredown } = useCommand('page-pare');
let site: Awaited<ReturnType<typeof serveDemo>> | undefined;
let browser: Browser | undefined;

beforeAll(async () => {
  site = await serveDemo();
}, 240_000);
afterAll(async () => {
  await browser?.close();
  await site?.[Symbol.asyncDispose]();
});

const SLOW = { timeout: 240_000, polling: 250 };

/** Until the page says so. */
const says = (page: Page, pattern: string) =>
  page.waitForFunction((text) => new RegExp(text).test(document.querySelector('main')?.textContent ?? ''), SLOW, pattern);
const press = (page: Page, name: string) => page.locator(`::-p-aria([name="${name}"][role="button"])`).setTimeout(60_000).click();

async function fill(page: Page, fields: Readonly<Record<string, string>>): Promise<void> {
  await page.$eval('.choices details', (details) => details.setAttribute('open', ''));
  for (const [label, value] of Object.entries(fields)) {
    const field = await page.waitForSelector(`::-p-aria([name="${label}"][role="spinbutton"])`, { timeout: 60_000 });
    await field?.evaluate((input, text) => {
      (input as HTMLInputElement).value = text;
      input.dispatchEvent(new Event('change', { bubbles: true }));
    }, value);
  }
}

/** The file that a button of the page saves. */
async function saved(page: Page, button: string): Promise<Uint8Array> {
  const session = await page.createCDPSession();
  const downloads = await mkdtemp(join(folder(), 'downloads-'));
  await session.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: downloads });
  await press(page, button);
  await expect
    .poll(async () => (await readdir(downloads)).filter((name) => !name.endsWith('.crdownload')), { timeout: 60_000 })
    .toHaveLength(1);
  const [name = ''] = await readdir(downloads);
  return new Uint8Array(await readFile(join(downloads, name)));
}

test('a search in the page survives a reload, its networks are tried, and the commands read its study', {
  timeout: 900_000,
}, async ({ skip }) => {
  browser = await startBrowser('chromium', browserToTest('chromium', skip), { timeoutMs: 300_000 });
  const page = await browser.newPage();
  const faults: unknown[] = [];
  page.on('pageerror', (fault) => faults.push(fault));
  await page.goto(`${site?.url}#/pare`);
  await page.waitForSelector('.choices button.primary:not(:disabled)', SLOW);
  await fill(page, {
    'Accuracy to hold, %': '12',
    Minutes: '10',
    'At most so many parameters': '1500',
    'At most so many trials': '4',
    'Passes of a full training': '0.1',
  });
  await press(page, 'Search');
  await says(page, '[12] trials?, at most 4');
  await page.reload();
  // It goes on by itself with what was kept.
  await says(page, '[1-4] trials?, at most 4');
  await says(page, 'Ended\\.');

  const radios = await page.$$('table.front input[type=radio]');
  expect(radios.length).toBeGreaterThan(0);
  await radios[0]?.focus();
  await page.keyboard.press('Space');
  await says(page, 'It is loaded: the other rooms of this page ask this network now\\.');
  expect(await page.$eval('.layers pre', (layers) => layers.textContent)).toContain('total');

  const report = new TextDecoder().decode(await saved(page, 'Save the report'));
  expect(report).toContain('The smallest network for digits at 12%');

  const zip = unzipSync(await saved(page, 'Download the study'));
  for (const [name, content] of Object.entries(zip)) {
    await mkdir(dirname(join(folder(), name)), { recursive: true });
    await writeFile(join(folder(), name), content);
  }
  const study = join(folder(), 'paredown-study');
  const settings = await readStudySettings(study);
  expect(settings?.data).toMatchObject({ name: 'digits', train: 10_000, validation: 1000, confirmation: 1000 });
  const opened = await openStudy(study, settings?.context ?? {}, { readOnly: true });
  expect(opened.problems).toEqual([]);
  expect(opened.records.map(({ number }) => number)).toEqual(opened.records.map((_, index) => index));
  expect(opened.records.length).toBeGreaterThan(4);
  const confirmed = opened.records.filter(({ seeds, outcome }) => seeds.length === 5 && outcome.status === 'trained');
  expect(confirmed.length).toBeGreaterThan(0);
  for (const record of confirmed) expect(await opened.weights(record)).toHaveLength(5);
  const written = await paredown('search', 'report', study, '--out', join(folder(), 'report.html'));
  expect(written.code).toBe(0);
  expect(await readFile(join(folder(), 'report.html'), 'utf8')).toContain('The smallest network for digits at 12%');
  const front = await paredown('search', 'front', study, '--json');
  expect(JSON.parse(front.stdout)).toMatchObject({ type: 'front', floor: 0.12, trials: opened.records.length });

  // From the network that was loaded: its weights are taken on, and kept with the new study.
  await press(page, 'Discard …');
  await press(page, 'Yes, discard the study and its networks');
  await says(page, 'The trained network holds');
  await fill(page, { 'Accuracy to hold, %': '1', 'At most so many trials': '2', 'Passes of a full training': '0.1' });
  await press(page, 'Search');
  await says(page, '[1-9] trials?, at most 2');
  const pared = unzipSync(await saved(page, 'Download the study'));
  expect(decodeModel(pared['paredown-study/start.safetensors'] ?? new Uint8Array()).weights.size).toBeGreaterThan(0);
  const [first = ''] = new TextDecoder().decode(pared['paredown-study/trials.jsonl']).split('\n');
  expect(JSON.parse(first)).toMatchObject({ number: 0, origin: { strategy: 'pare', change: 'the start' } });
  expect(faults).toEqual([]);
});
