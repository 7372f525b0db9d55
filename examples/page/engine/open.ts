import { digits } from 'paredown';
import * as v from 'valibot';
import type { Events, KeptTraining, Restored, Settings } from './calls.ts';
import { factsOf } from './data-facts.ts';
import { readData } from './kept-data.ts';
import { RECIPE } from './kept-recipe.ts';
import type { Session } from './session.ts';
import type { Key } from './store.ts';

const SETTINGS = v.object({ layers: v.array(v.unknown()), recipe: RECIPE });

export const openCalls = (session: Session) => ({
  /** What was kept when the page was last open; the built-in digits where no data were. */
  async open(events: Events): Promise<Restored> {
    session.events = events;
    const kept = await session.store.open();
    const dropped: string[] = [];
    /** What was kept under a key, or nothing where it can't be read: then it is dropped. */
    const read = async <T>(key: Key, what: string, reader: (value: unknown) => T): Promise<T | undefined> => {
      if (!kept.has(key)) return undefined;
      try {
        return reader(kept.get(key));
      } catch {
        dropped.push(`The ${what} that this page had kept could not be read: damaged, or of another version of the page.`);
        await session.store.drop(key);
        return undefined;
      }
    };
    const settings = await read('settings', 'network and recipe', (value): Settings => v.parse(SETTINGS, value) as Settings);
    const splits = (await read('data', 'data', readData)) ?? digits();
    await session.useData(splits);
    // A module that can't be fetched is no reason to drop what was kept.
    const { readSnapshot } = kept.has('training') ? await import('./kept-training.ts') : { readSnapshot: undefined };
    const found = readSnapshot && (await read('training', 'training', readSnapshot));
    if (found) ({ snapshot: session.snapshot, subject: session.subject } = found);
    // It was loaded after that training: the next one has it dropped.
    const { readSubject } = kept.has('subject') ? await import('./kept-subject.ts') : { readSubject: undefined };
    const loaded = readSubject && (await read('subject', 'loaded network', readSubject));
    if (loaded) Object.assign(session, { subject: loaded, subjectIsKept: true });
    const data = factsOf(splits);
    return {
      ...(settings && { settings }),
      data,
      ...(found && { training: shownOf(found.snapshot) }),
      hasSubject: session.subject !== undefined,
      dropped,
    };
  },
  async keepSettings(settings: Settings): Promise<void> {
    await session.store.keep({ settings });
  },
});

const shownOf = ({ request, reports, step, ended }: Omit<KeptTraining, 'state'> & { readonly ended: boolean }): KeptTraining => ({
  request,
  reports,
  step,
  state: ended ? 'ended' : 'stopped',
});
