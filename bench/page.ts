// What the demo page costs a browser: npm run bench:page -- --help
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Page } from 'puppeteer-core';
import { browserToTest, startBrowser } from '../kernels-test/support/browsers.ts';
import { serveDemo } from '../kernels-test/support/page.ts';
import { OptionError } from '../src/core/errors.ts';
import { parsed, positiveInteger, runProgram } from './common/arguments.ts';
import { digits } from './common/figures.ts';
import { commitOf } from './common/machine.ts';
import { median } from './common/statistics.ts';

const HELP = `npm run bench:page -- [options]

Builds the demo page, opens it in Chromium (WebGPU on SwiftShader) and trains in it: the bytes of its first view after gzip, how long its
longest task held up the page and by how much its layout shifted (PerformanceObserver; a trace tells the tasks' processor time), and milliseconds a step while nothing is asked
of the network, while its wrong images are, and while nothing is again.

  --steps N    steps of each of the three parts [25]
  --train N    digits to train on; an epoch of them ends with a validation [640]
  --help

Exit code 2: an option was wrong.`;

/** Of the page's own recipe. */
const EPOCHS = 10;
const BATCH = 64;
/** Of the trace: when the page can train. */
const READY = 'paredown: ready';

/** What PerformanceObserver told of the page. */
interface Observed {
  readonly tasks: { readonly start: number; readonly ms: number }[];
  /** Those that followed no input of the last half second. */
  readonly shifts: { readonly value: number; readonly what: string }[];
}

await runProgram(async (args) => {
  const values = parsed(args, 'npm run bench:page', {
    steps: { type: 'string', default: '25' },
    train: { type: 'string', default: '640' },
    help: { type: 'boolean', default: false },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const [steps, train] = [positiveInteger('--steps', values.steps), positiveInteger('--train', values.train)];
  const most = EPOCHS * Math.floor(train / BATCH);
  if (3 * steps + 10 > most) throw new OptionError(`--train ${train} makes ${most} steps, too few for three times ${steps}`);
  await measure(steps, train);
  return 0;
});

async function measure(steps: number, train: number): Promise<void> {
  const path = browserToTest('chromium', (why) => console.error(why));
  const version = execFileSync(path, ['--version'], { encoding: 'utf8' }).trim();
  await using site = await serveDemo({ digits: { train, test: 200 } });
  const browser = await startBrowser('chromium', path);
  try {
    const page = await browser.newPage();
    await page.setViewport({ width: 1280, height: 900 });
    await page.evaluateOnNewDocument(observe);
    const trace = join(tmpdir(), `paredown-trace-${process.pid}.json`);
    await page.tracing.start({ path: trace, categories: ['toplevel', 'blink.user_timing'] });
    await page.goto(site.url, { waitUntil: 'networkidle0' });
    await page.waitForSelector('button.primary:not(:disabled)', { timeout: 120_000 });
    const adapter = await page.$eval('.adapter', (element) => element.textContent);
    const [processor] = cpus();
    console.log(`${version}; ${adapter} ${cpus().length} cores of ${processor?.model.trim()}, load ${loadavg()[0]?.toFixed(1)}`);
    console.log(`${commitOf().commit ?? ''} ${new Date().toISOString().slice(0, 10)}\n`);

    const files = [...site.served].map(([name, bytes]) => ({ name, bytes: gzipSync(bytes, { level: 9 }).length }));
    const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
    console.log(`first view: ${(total / 1000).toFixed(1)} kB after gzip in ${files.length} files`);
    for (const { name, bytes } of files.sort((a, b) => b.bytes - a.bytes).slice(0, 12))
      console.log(`  ${(bytes / 1000).toFixed(1)} kB ${name}`);
    report('until it is ready', await observed(page), 0);

    const begun = await page.evaluate((mark) => performance.mark(mark).startTime, READY);
    await page.click('button.primary');
    await step(page, 2);
    const parts: [string, number][] = [];
    parts.push(['nothing asked', await paceOver(page, steps)]);
    await page.$$eval('button', (buttons) => buttons.find((button) => button.textContent?.startsWith('All wrong'))?.click());
    parts.push(['wrong images shown', await paceOver(page, steps)]);
    await page.$$eval('button', (buttons) => buttons.find((button) => button.textContent?.startsWith('All wrong'))?.click());
    parts.push(['nothing asked again', await paceOver(page, steps)]);
    report('while it trains', await observed(page), begun);
    await page.tracing.stop();
    const traced = tracedIn(trace);
    for (const [when, { longest, tasks, seconds }] of [
      ['until it is ready', traced.starting],
      ['while it trains', traced.training],
    ] as const)
      console.log(
        `${when}: longest task ${digits(longest)} ms of processor time, of ${tasks} tasks in ${digits(seconds)} s of a trace`,
      );
    rmSync(trace);
    for (const [what, ms] of parts) console.log(`${what}: ${digits(ms)} ms a step over ${steps} steps, validations included`);
  } finally {
    await browser.close();
  }
}

type Shift = PerformanceEntry & { value: number; hadRecentInput: boolean; sources: readonly { node?: Node }[] };

/** Runs in the page before anything of it. */
function observe(): void {
  const found: Observed = { tasks: [], shifts: [] };
  Object.assign(globalThis, { observed: found });
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) found.tasks.push({ start: startTime, ms: duration });
  }).observe({ type: 'longtask', buffered: true });
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput, sources } of list.getEntries() as Shift[]) {
      const named = sources.map(({ node }) => (node instanceof Element ? `${node.localName}.${node.className}` : node?.nodeName));
      if (!hadRecentInput) found.shifts.push({ value, what: named.join(' ') });
    }
  }).observe({ type: 'layout-shift', buffered: true });
}

function observed(page: Page): Promise<Observed> {
  return page.evaluate(() => (globalThis as unknown as { observed: Observed }).observed);
}

function report(when: string, { tasks, shifts }: Observed, from: number): void {
  const long = tasks.filter(({ start }) => start >= from).map(({ ms }) => ms);
  const shifted = shifts.reduce((sum, { value }) => sum + value, 0);
  const [most] = [...shifts].sort((a, b) => b.value - a.value);
  const longest =
    long.length > 0
      ? `${Math.max(...long)} ms, ${long.length} of 50 ms and more, their median ${median(long)} ms`
      : 'below 50 ms';
  console.log(
    `${when}: longest task ${longest}; layout shift so far ${shifted.toFixed(4)}${most ? `, most of ${most.what}` : ''}`,
  );
}

interface Traced {
  /** Milliseconds of processor time, which other work of the machine does not stretch. */
  readonly longest: number;
  readonly tasks: number;
  readonly seconds: number;
}

/** Of the tasks of the page's own main thread: Chromium draws pages for itself, too. */
function tracedIn(trace: string): { readonly starting: Traced; readonly training: Traced } {
  const { traceEvents } = JSON.parse(readFileSync(trace, 'utf8')) as { traceEvents: readonly TraceEvent[] };
  const ready = traceEvents.find(({ name }) => name === READY);
  if (!ready) throw new Error('the trace does not hold when the page was ready');
  const tasks = traceEvents.filter(({ pid, tid, tdur }) => tdur !== undefined && pid === ready.pid && tid === ready.tid);
  const sum = (which: (event: TraceEvent) => boolean): Traced => {
    const found = tasks.filter(which);
    const [from, to] = [Math.min, Math.max].map((extreme) => found.reduce((time, { ts }) => extreme(time, ts), ready.ts)) as [
      number,
      number,
    ];
    const longest = found.reduce((most, { tdur = 0 }) => Math.max(most, tdur / 1e3), 0);
    return { longest, tasks: found.length, seconds: (to - from) / 1e6 };
  };
  return { starting: sum(({ ts }) => ts < ready.ts), training: sum(({ ts }) => ts >= ready.ts) };
}

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  /** When it began and how long its thread was at work, in microseconds. */
  readonly ts: number;
  readonly tdur?: number;
}

async function step(page: Page, at: number): Promise<void> {
  await page.waitForFunction(
    (wanted: number) =>
      Number(/Step ([\d,]+)/.exec(document.querySelector('.pace')?.textContent ?? '')?.[1]?.replace(',', '')) >= wanted,
    { timeout: 1_200_000, polling: 100 },
    at,
  );
}

async function paceOver(page: Page, steps: number): Promise<number> {
  const now = async () =>
    Number(/Step ([\d,]+)/.exec(await page.$eval('.pace', (e) => e.textContent ?? ''))?.[1]?.replace(',', ''));
  const first = await now();
  const start = performance.now();
  await step(page, first + steps);
  return (performance.now() - start) / ((await now()) - first);
}
