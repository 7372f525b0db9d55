import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { claimsTable } from '../examples/results/claims-table.ts';
import type { Kept } from '../examples/results/kept.ts';
import { keptSearches, searchPage } from '../examples/results/searches.ts';
import { tablePage } from '../examples/results/table-page.ts';
import type { Finished } from '../examples/table/store.ts';
import type { Claim } from '../examples/table/table.ts';

let scratch = '';
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'paredown-results-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

test('a search that is kept elsewhere is shown by a command that finds it there', async () => {
  const kept = join(scratch, 'kept', 'search-mnist-95');
  await cp('docs/results/search-mnist-95', kept, { recursive: true });
  const dir = join(scratch, 'kept');
  const page = await searchPage(await keptSearches(dir), dir);
  expect(page).toContain(`the study in \`${kept}\` (\`npm run paredown -- search report ${kept}\` makes the page)`);
});

const row = (name: string, scale: number, accuracy: readonly number[]): Finished => ({
  row: name,
  key: `${name}${scale}`,
  recipe: {},
  result: { accuracy },
  table: 'dhingra-7',
  training: `${scale} of it`,
  adapter: { description: 'an adapter', kind: 'cpu' },
  versions: { paredown: '0.1.0', node: '20' },
  finished: '2026-11-30T00:00:00Z',
  wallMs: 1000,
  command: 'npm run table',
  scale,
});

const kept = (name: string, scale: number, claims: readonly Claim[], accuracy: readonly number[]): Kept => {
  const finished = [row('dhingra/optimized', scale, accuracy)];
  const rows = finished.map((one) => ({ name: one.row, key: one.key, cells: ['a network'] }));
  const columns = [{ title: 'network', align: 'left' as const }];
  return {
    name,
    file: {
      format: 1,
      table: 'dhingra-7',
      finished,
      conclusion: { title: 'A table', columns, notes: [], claims, figures: ['accuracy.svg'], rows, remarks: [] },
    },
  };
};

const claim = (text: string, holds: boolean): Claim => ({ text, holds, found: '1, 2' });

test('the first page says of each claim whether it holds, those that differ in a case alone in one line', () => {
  const claims = [claim('more is better (32)', true), claim('more is better (16)', false), claim('it is small', false)];
  const text = claimsTable([[kept('dhingra-7', 1, claims, [0.95, 0.951, 0.952])]], 'results');
  const lines = text.split('\n').slice(2);
  expect(lines[0]).toBe(
    '| [A table](results/dhingra-7.md) | dhingra/optimized: 95.81% | 95.10% ± 0.10% | **differs** | full length |',
  );
  expect(lines[1]).toBe('|  | more is better (2 cases) | for one: 1, 2 | holds in 1 of 2 | full length |');
  expect(lines[2]).toBe('|  | it is small | 1, 2 | **fails** | full length |');
});

test('a shorter training is never called comparable, nor a single seed', () => {
  const short = claimsTable([[kept('dhingra-7', 0.05, [], [0.9, 0.91])]], 'results');
  expect(short).toContain('| not comparable | SCALED: 0.05 times |');
  expect(claimsTable([[kept('dhingra-7', 1, [], [0.9])]], 'results')).toContain(
    '| 90.00%, one seed | not comparable | full length |',
  );
});

test('a table folds away where a longer one is there, and only there', () => {
  const [whole, short, shorter] = [1, 0.05, 0.01].map((scale) => kept(`dhingra-7.${scale}`, scale, [], [scale]));
  if (!whole || !short || !shorter) expect.fail();
  const both = tablePage([whole, short], '../results.md', []);
  expect(both.indexOf('# A table')).toBeLessThan(both.indexOf('<details>'));
  expect(both).toContain('![A table](dhingra-7.1/accuracy.svg)');
  expect(both.slice(both.indexOf('<details>'))).toContain('![A table](dhingra-7.0.05/accuracy.svg)');
  expect(tablePage([short], '../results.md', [])).not.toContain('<details>');
  expect(tablePage([short, shorter], '../results.md', [])).toContain('<summary>SCALED: 0.01 times the full training, 1 row<');
});

test('what the longest has not got the rows to say is said by a shorter one, with its length', () => {
  const claims = [claim('more is better (32), at this scale', true), claim('it is small, at this scale', false)];
  const versions = [kept('dhingra-7.full', 1, [claim('it is small', true)], [0.95]), kept('dhingra-7', 0.05, claims, [0.8])];
  const lines = claimsTable([versions], 'results').split('\n').slice(2);
  expect(lines[1]).toBe('|  | it is small | 1, 2 | holds | full length |');
  expect(lines[2]).toBe('|  | more is better (32) | 1, 2 | holds | SCALED: 0.05 times |');
  expect(lines).toHaveLength(4);
});

test('the command writes the pages over those of before', async () => {
  const dir = join(scratch, 'results');
  await cp('docs/results/dhingra-7', join(dir, 'dhingra-7'), { recursive: true });
  const run = () => promisify(execFile)(process.execPath, ['--import', 'tsx', 'examples/results.ts', '--dir', dir]);
  await run();
  const pages = await Promise.all([`${dir}.md`, join(dir, 'dhingra-7.md')].map((path) => readFile(path, 'utf8')));
  await run();
  expect(await Promise.all([`${dir}.md`, join(dir, 'dhingra-7.md')].map((path) => readFile(path, 'utf8')))).toEqual(pages);
  expect(pages[0]).toContain('[Dhingra, Table VII and the note to it: the optimised network](results/dhingra-7.md)');
});
