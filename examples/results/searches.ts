import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Finalist,
  holdsFloor,
  lowerBound,
  openStudy,
  readStudySettings,
  type StudySettings,
  samplesOf,
} from 'paredown/node';
import { undefinedIfMissing } from '../../src/cli/common/files.ts';
import { duration, grouped, percent } from '../../src/cli/common/format.ts';
import { quoted } from '../../src/cli/common/invocation.ts';
import { summary } from '../table/statistics.ts';

/** The smallest published networks for MNIST at an accuracy, and what we asked of the search there. */
const TARGETS = [
  { floor: 0.95, published: '13,874 (95.81%), 707 (96.36%)', most: 400, stretch: 250 },
  { floor: 0.974, published: '74,906 (97.38%)', most: 1200, stretch: 800 },
  { floor: 0.9875, published: '3,291,402 (98.75%)', most: 5000, stretch: 3000 },
  { floor: 0.9905, published: '3,423,498 (99.05%)', most: 10_000, stretch: 6000 },
  { floor: 0.9929, published: '3,274,634 (99.29%)', most: 25_000, stretch: 10_000 },
] as const;

export interface KeptSearch {
  readonly name: string;
  readonly settings: StudySettings;
  readonly section: string;
  /** The networks that the last conclusion trained from every seed and tested. */
  readonly finalists: readonly Finalist[];
  readonly best?: Finalist;
}

/** The searches whose studies are kept in `dir`. */
export async function keptSearches(dir: string): Promise<KeptSearch[]> {
  const searches: KeptSearch[] = [];
  for (const name of (await namesIn(dir)).filter((one) => one.startsWith('search-'))) {
    const found = await keptSearch(join(dir, name), name);
    if (found) searches.push(found);
  }
  return searches;
}

export function onMnist({ settings: { data } }: KeptSearch): boolean {
  return 'data' in data.source && data.source.data === 'mnist';
}

/** What was asked of the searches on MNIST and what they found, as Markdown for a page that finds `page` about them; empty where none is kept. */
export function searchTable(searches: readonly KeptSearch[], page: string): string[] {
  return searches.length > 0 ? [targets(searches, page)] : [];
}

/** The page of the searches and of the comparison of strategies that are kept in `dir`, in which it lies; undefined where there is nothing to say. */
export async function searchPage(searches: readonly KeptSearch[], dir: string): Promise<string | undefined> {
  const strategies = await embedded(dir, 'strategies');
  if (searches.length === 0 && strategies === undefined) return undefined;
  return [
    '# The search\n',
    ...searchTable(searches, ''),
    ...searches.map(({ section }) => section),
    ...(strategies === undefined ? [] : [strategies]),
  ].join('\n');
}

/** Names of the pages in folders of their own that are kept in `dir`, with their titles. */
export async function ownPages(dir: string): Promise<{ readonly name: string; readonly title: string }[]> {
  const pages: { name: string; title: string }[] = [];
  for (const name of (await namesIn(dir)).filter((one) => one === 'records' || one.startsWith('complexity-'))) {
    const text = await readFile(join(dir, name, 'results.md'), 'utf8').catch(undefinedIfMissing);
    const title = text && /^# (.*)$/m.exec(text)?.[1];
    if (title) pages.push({ name, title });
  }
  return pages;
}

async function namesIn(dir: string): Promise<string[]> {
  return ((await readdir(dir).catch(undefinedIfMissing)) ?? []).sort();
}

/** What was asked, and what the searches found. */
function targets(searches: readonly KeptSearch[], page: string): string {
  const rows = TARGETS.map(({ floor, published, most, stretch }, index) => {
    // A search may have asked for more than the floor, to leave room for what the test set says.
    const next = TARGETS[index + 1]?.floor ?? 1;
    const own = searches.filter(
      (search) => onMnist(search) && search.settings.problem.floor >= floor && search.settings.problem.floor < next,
    );
    const answers = own
      .flatMap(({ name, best }) => (best ? [{ name, parameters: best.costs.parameters, test: best.test }] : []))
      .sort((a, b) => a.parameters - b.parameters);
    const none = own.length > 0 ? 'nothing held it' : 'not searched for';
    const cells = [
      percent(floor),
      published,
      `${grouped(most)} (${grouped(stretch)})`,
      answers.map(({ name, parameters }) => `[${grouped(parameters)}](${page}#${name})`).join('<br>') || none,
      answers.map(({ test }) => spread(test)).join('<br>'),
      answers.map(({ test }) => verdict(test, floor)).join('<br>'),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return `${[
    'MNIST: the fewest parameters whose validation accuracy holds a floor (a one-sided 95% t-bound over five seeds lies above it), found',
    'by `npx paredown search`, and what the test set, looked at when a search had ended, says of them: mean and standard deviation over the seeds,',
    'and whether that bound of theirs lies above the floor too. A search stands where its own floor lies, which may be above the row’s.',
    '',
    '| floor | published with | asked: at most (better) | found | test accuracy | holds it on test |',
    '| ---: | --- | ---: | ---: | ---: | --- |',
    ...rows,
  ].join('\n')}\n`;
}

async function keptSearch(path: string, name: string): Promise<KeptSearch | undefined> {
  const settings = await readStudySettings(path);
  if (!settings) return undefined;
  const { records, conclusions } = await openStudy(path, settings.context, { readOnly: true });
  const notes = await readFile(join(path, 'notes.md'), 'utf8').catch(undefinedIfMissing);
  const conclusion = conclusions.at(-1);
  const finalists = conclusion?.finalists ?? [];
  const best = finalists.find(({ key }) => key === conclusion?.best);
  const { problem, data, software, command, created, strategy } = settings;
  const rows = finalists.map((finalist) => {
    const { costs, validation, confirmation = validation, test, key } = finalist;
    const mark = key === conclusion?.best ? '**' : '';
    const cells = [
      `${mark}${grouped(costs.parameters)}${mark}`,
      grouped(costs.macs),
      grouped(costs.activations),
      grouped(costs.bytes),
      spread(validation),
      percent(lowerBound(confirmation) ?? Number.NaN),
      spread(test),
      holdsFloor(confirmation, problem.floor) ? 'yes' : 'no',
      verdict(test, problem.floor),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const looks = conclusions.length === 1 ? 'looked at once' : `looked at ${conclusions.length} times, shown as at the last`;
  const spent = records.reduce((sum, { wallMs }) => sum + wallMs, 0);
  const section = `${[
    `## <a id="${name}"></a>${data.name} at ${percent(problem.floor)}`,
    '',
    `Strategy ${strategy}: ${grouped(records.length)} trials, ${grouped(samplesOf(records))} training samples, ${duration(spent)} of training; the test set was ${looks}.  `,
    `Adapter: ${software.adapter}  `,
    `paredown ${software.version}, ${created.slice(0, 10)}${command === undefined ? '' : `  \n\`${command}\``}`,
    '',
    best ? `Smallest that holds the floor: **${grouped(best.costs.parameters)} parameters**.` : 'No network held the floor.',
    '',
    '| parameters | MACs | activation bytes | weight bytes | validation | 95% bound | test | holds the floor | on test |',
    '| ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- | --- |',
    ...rows,
    '',
    ...(notes === undefined ? [] : [notes]),
    `All of it, trial by trial: the study in \`${path}\` (\`npm run paredown -- search report ${quoted(path)}\` makes the page).`,
  ].join('\n')}\n`;
  return { name, settings, section, finalists, ...(best && { best }) };
}

function spread(values: readonly number[]): string {
  const { mean, deviation } = summary(values);
  return `${percent(mean)}${deviation === undefined ? '' : ` ± ${(100 * deviation).toFixed(2)}`}`;
}

function verdict(test: readonly number[], floor: number): string {
  if (holdsFloor(test, floor)) return 'holds';
  return summary(test).mean >= floor ? 'the mean does' : 'no';
}

/** A page that lies in a folder of its own, as a section of one beside that folder: one heading deeper, its pictures found from here, then its notes. */
async function embedded(dir: string, name: string): Promise<string | undefined> {
  const text = await readFile(join(dir, name, 'results.md'), 'utf8').catch(undefinedIfMissing);
  if (text === undefined) return undefined;
  const notes = (await readFile(join(dir, name, 'notes.md'), 'utf8').catch(undefinedIfMissing)) ?? '';
  const deeper = text.replace(/^(#+) /gm, '#$1 ').replace(/\]\((?!https?:|#|\/)([^)]+)\)/g, `](${name}/$1)`);
  return `${deeper}\n${notes}`;
}
