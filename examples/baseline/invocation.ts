import { relative } from 'node:path';
import { quoted } from '../../src/cli/common/shell.ts';
import { DEFAULT_OUT, type Given } from './options.ts';

/** The command that goes on with a run, in the way that this one was started. */
export function resumeCommand({ out, dataDir }: Given): string {
  const script = relative(process.cwd(), process.argv[1] ?? '');
  const start = process.env.npm_lifecycle_event === 'baseline' ? 'npm run baseline --' : `${runnerOf(script)} ${quoted(script)}`;
  return [
    start,
    '--resume',
    ...(out === DEFAULT_OUT ? [] : ['--out', quoted(out)]),
    ...(dataDir === undefined ? [] : ['--data-dir', quoted(dataDir)]),
  ].join(' ');
}

function runnerOf(script: string): string {
  return script.endsWith('.ts') ? 'npx tsx' : 'node';
}
