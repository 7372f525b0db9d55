// What a trial's network makes of images, on its page in `paredown serve`.
import { copyFile, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_SETUP, save, serveRuns } from 'paredown/node';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { EventClient } from './support/event-client.ts';
import { useImageFolders } from './support/image-folders.ts';
import { changeImage, imageFiles, type JudgedStudy, judgedStudy } from './support/judged-study.ts';
import { faults } from './support/markup-faults.ts';
import { descendantsOf } from './support/processes.ts';
import { weightsFrom } from './support/weights.ts';

let folder = '';
const open: AsyncDisposable[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'paredown-serve-images-'));
});
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one[Symbol.asyncDispose]();
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});
const imagesIn = useImageFolders();

/** The page of a trial of a study that is served, and what its form does. */
async function pageOf(study: Pick<JudgedStudy, 'folder'>, trial = 1) {
  const server = await serveRuns([study.folder], { port: 0 });
  open.push(server);
  const path = await vi.waitFor(
    async () => {
      const [, found] = /href="(\/folder\/\w+)"/.exec(await (await fetch(server.url)).text()) ?? [];
      return found ?? expect.fail('no folder is served');
    },
    { timeout: 30_000, interval: 200 },
  );
  const address = new URL(`${path}/trial/${trial}`, server.url).href;
  const action = new URL(`${path}/images`, server.url).href;
  const text = async () => (await fetch(address)).text();
  const field = (page: string, name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(page)?.[1] ?? '';
  const formOf = (page: string, request: string) => ({
    token: field(page, 'token'),
    trial: field(page, 'trial'),
    known: field(page, 'known'),
    request,
  });
  const post = (fields: Record<string, string>, headers = {}) =>
    fetch(action, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual', headers });
  return {
    server,
    address,
    action,
    text,
    formOf,
    post,
    press: async (request = 'look') => post(formOf(await text(), request)),
    listen: async () => {
      const client = await EventClient.open(address);
      open.push(client);
      return client;
    },
  };
}

const statusIn = (page = '') => /<p id="images-status" role="status">([^<]*)</.exec(page)?.[1];
const sectionIn = (page: string) => /<section id="part-images".*?<\/section>/s.exec(page)?.[0];

describe.skipIf(process.env.PAREDOWN_TEST_DRIVER)('the page of a trial', () => {
  test('looks at the validation images when it is asked to, once for ten clicks, and shows what came of it from then on', async () => {
    const study = await judgedStudy(join(folder, 'a'), await imagesIn(imageFiles()));
    const page = await pageOf(study);
    const before = await page.text();
    expect(statusIn(before)).toBe('They were not looked at yet.');
    expect(before).toContain("The weights of seed 12 are tried on the study's 120 validation images");
    expect(faults(before.replace(/<(meta|link)[^>]*>/g, ''))).toEqual([]);
    const client = await page.listen();
    const form = page.formOf(before, 'look');
    const clicks = await Promise.all(Array.from({ length: 10 }, () => page.post(form)));
    expect(clicks.map(({ status }) => status)).toEqual(Array(10).fill(303));
    expect(clicks[0]?.headers.get('location')).toMatch(/\/trial\/1$/);
    const busy = await client.until(({ changed }) => changed.images?.includes('It is looked at') ?? false);
    expect(busy.changed.images).toMatch(/value="look" aria-disabled="true"/);
    expect(busy.changed.images).toContain('value="leave"');
    const { changed, order } = await client.until(({ changed }) => /It takes \d+ of 120 images/.test(changed.images ?? ''));
    expect(order.at(-1)).toBe('images');
    expect(changed.images).not.toContain('aria-disabled');
    const confusion = await study.confusion();
    const cells = [...(changed.images?.match(/<table class="confusion">.*?<\/table>/s)?.[0] ?? '').matchAll(/<tr>(.*?)<\/tr>/gs)]
      .slice(1)
      .map(([, row = '']) =>
        [...row.matchAll(/<td class="n[^"]*">(?:<span class="zero">)?(\d+)(?=<)/g)].map(([, n]) => Number(n)),
      );
    expect(cells).toEqual(confusion);
    expect(changed.images).toContain('<svg class="pixels"');
    expect(changed.images).not.toContain('<img');
    expect(changed.images).toContain('&#60;img src=x onerror=alert(1)&#62;&#38;&#34;');
    // A click that is late asks for nothing.
    expect((await page.post(form)).status).toBe(303);
    expect(sectionIn(await page.text())).toContain('It takes');
    expect(await readdir(join(study.folder, 'judged'))).toEqual([`${study.records[0]?.key}-1.json`]);
    // Another server, without the data, shows it at once.
    await rm(study.images, { recursive: true });
    const again = await pageOf(study);
    const kept = await again.text();
    expect(statusIn(kept)).toMatch(/^It takes \d+ of 120 images/);
    expect(faults(kept.replace(/<(meta|link)[^>]*>/g, ''))).toEqual([]);
    // Asked again it tells what is wrong, and shows what is kept.
    await again.press();
    await vi.waitFor(async () => expect(statusIn(await again.text())).toMatch(/^What it makes of .* is not told: /), {
      timeout: 60_000,
    });
    expect(sectionIn(await again.text())).toContain('class="confusion"');
    // What is kept is not shown of other weights.
    const [{ model } = expect.unreachable()] = study.records;
    await save(study.weightsFile, model, weightsFrom(model, 9));
    expect(sectionIn(await again.text())).not.toContain('class="confusion"');
  });

  test('says what is missing: weights, the data, those of the study, an adapter', async () => {
    const study = await judgedStudy(join(folder, 'a'), await imagesIn(imageFiles()));
    const without = await pageOf(study, 2);
    const section = sectionIn(await without.text()) ?? '';
    expect(section).toContain('holds no weights of this trial');
    expect(section).toContain(`paredown search best ${study.folder} --trial 2`);
    expect(section).not.toContain('<form');
    const page = await pageOf(study);
    const told = async () => {
      await page.press();
      return vi.waitFor(
        async () => {
          const text = await page.text();
          expect(statusIn(text)).toContain('is not told');
          return { status: statusIn(text), section: sectionIn(text) };
        },
        { timeout: 60_000, interval: 100 },
      );
    };
    vi.stubEnv('VK_DRIVER_FILES', '/nowhere.json');
    vi.stubEnv('VK_ICD_FILENAMES', '/nowhere.json');
    const adapter = await told();
    expect(adapter.status).toContain('No WebGPU adapter was found');
    expect(adapter.section).toMatch(/<pre>No WebGPU adapter was found.*Install your GPU/s);
    vi.unstubAllEnvs();
    await changeImage(study);
    await page.press();
    await vi.waitFor(async () => expect(statusIn(await page.text())).toContain('not those of the study any more'), {
      timeout: 60_000,
    });
    expect(sectionIn(await page.text())).toContain('Put them back as they were');
    await rename(study.images, `${study.images}-elsewhere`);
    await page.press();
    await vi.waitFor(async () => expect(statusIn(await page.text())).toMatch(/images of its folder can&#39;t be read\.$/), {
      timeout: 60_000,
    });
    expect(sectionIn(await page.text())).toMatch(/<pre>.*Put them back as they were.*: no such folder<\/pre>/s);
    await rename(`${study.images}-elsewhere`, study.images);
    // Weights that are gone before they are looked at.
    const form = page.formOf(await page.text(), 'look');
    await rename(study.weightsFile, `${study.weightsFile}-elsewhere`);
    expect((await page.post(form)).status).toBe(409);
    await copyFile(join(study.folder, 'study.json'), study.weightsFile);
    expect((await page.post(form)).status).toBe(409);
  });

  test('of networks that leave as integers says where these are told of', async () => {
    const setup = { ...DEFAULT_SETUP, leaves: { format: 'compressed', weights: 8 } as const };
    const study = await judgedStudy(join(folder, 'a'), await imagesIn(imageFiles()), { setup });
    const page = await pageOf(study);
    const section = sectionIn(await page.text()) ?? '';
    expect(section).toContain('leave as a file of few bits: paredown evaluate tells');
    expect(section).not.toContain('<form');
  });

  test('does not know where data lie that another program made, and says so', async () => {
    const images = await imagesIn(imageFiles());
    const study = await judgedStudy(join(folder, 'a'), images, { source: { table: 'mine', data: 7 } });
    const page = await pageOf(study);
    await page.press();
    await vi.waitFor(async () => expect(statusIn(await page.text())).toContain('does not tell where its data lie'), {
      timeout: 60_000,
    });
  });

  test('heeds nobody else, no other trial, and nothing that it does not know', async () => {
    const study = await judgedStudy(join(folder, 'a'), await imagesIn(imageFiles()));
    const page = await pageOf(study);
    const form = page.formOf(await page.text(), 'look');
    const status = async (fields: Record<string, string>, headers = {}) =>
      (await page.post({ ...form, ...fields }, headers)).status;
    expect(await status({ token: 'x' })).toBe(403);
    expect(await status({}, { origin: 'http://evil.example' })).toBe(403);
    expect(await status({ request: 'rm -rf' })).toBe(400);
    expect(await status({ request: 'look'.padEnd(9000) })).toBe(413);
    for (const trial of ['', '__proto__', '../../etc/passwd', '0'.repeat(24)]) expect(await status({ trial }), trial).toBe(404);
    expect((await page.post({ trial: form.trial })).status).toBe(403);
    expect((await fetch(page.action)).status).toBe(404);
    const foreign = await new Promise<number>((resolve, reject) => {
      const { hostname, port, pathname } = new URL(page.action);
      const asked = request(
        { host: hostname, port, path: pathname, method: 'POST', headers: { host: 'evil.example' } },
        (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        },
      );
      asked.on('error', reject);
      asked.end(new URLSearchParams(form).toString());
    });
    expect(foreign).toBe(403);
    expect(statusIn(await page.text())).toBe('They were not looked at yet.');
    await writeFile(join(study.folder, 'trials.jsonl'), '');
    await vi.waitFor(async () => expect(await status({})).toBe(404), { timeout: 10_000 });
  });

  test('goes on to answer while it is at work, can leave it, and its process ends with the server', async () => {
    const study = await judgedStudy(join(folder, 'a'), await imagesIn(imageFiles()), { source: { data: 'digits' } });
    const page = await pageOf(study);
    await page.press();
    await vi.waitFor(async () => expect(statusIn(await page.text())).toContain('It is looked at'), { timeout: 10_000 });
    await page.press('leave');
    await vi.waitFor(async () => expect(statusIn(await page.text())).toBe('They were not looked at yet.'), { timeout: 10_000 });
    expect(await descendantsOf(process.pid)).toEqual([]);
    await page.press();
    await vi.waitFor(async () => expect(await descendantsOf(process.pid)).toHaveLength(1), { timeout: 10_000 });
    await page.server[Symbol.asyncDispose]();
    expect(await descendantsOf(process.pid)).toEqual([]);
  });
});
