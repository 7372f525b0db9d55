import { startedAs } from '../../src/cli/common/invocation.ts';
import { DEFAULT_OUT, type Given } from './options.ts';

/** The command that goes on with a run, in the way that this one was started. */
export function resumeCommand({ out, dataDir }: Given): string {
  return startedAs('baseline', [
    '--resume',
    ...(out === DEFAULT_OUT ? [] : ['--out', out]),
    ...(dataDir === undefined ? [] : ['--data-dir', dataDir]),
  ]);
}
