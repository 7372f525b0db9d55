import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keptSearches, searchSections } from '../examples/results/searches.ts';

let scratch = '';
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'paredown-results-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

test('a search that is kept elsewhere is shown by a command that finds it there', async () => {
  const kept = join(scratch, 'kept', 'search-mnist-95');
  await cp('docs/results/search-mnist-95', kept, { recursive: true });
  const dir = join(scratch, 'kept');
  const page = (await searchSections(await keptSearches(dir), dir, 'kept')).join('\n');
  expect(page).toContain(`the study in \`${kept}\` (\`npm run paredown -- search report ${kept}\` makes the page)`);
});
