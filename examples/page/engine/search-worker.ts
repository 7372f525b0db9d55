import { expose, transfer, wrap } from 'comlink';
import type { SearchPeer } from './pare.ts';
import type { SearchChoices, SearchListener } from './search/calls.ts';
import { PageSearch } from './search/search.ts';

// A search in a worker, and on a device, of its own: training and drawing go on beside it.
let opened: PageSearch | undefined;

function found(): PageSearch {
  if (!opened) throw new Error('open(port, listener) comes first');
  return opened;
}

const calls = {
  /** `port` leads to the worker that has the data. */
  async open(port: MessagePort, listener: SearchListener): Promise<void> {
    opened = new PageSearch(wrap<SearchPeer>(port), listener);
    await opened.open();
  },
  look: () => found().look(),
  begin: (choices: SearchChoices) => found().begin(choices),
  goOn: (minutes?: number) => found().goOn(minutes),
  stop: (now: boolean) => found().stop(now),
  discard: () => found().discard(),
  load: (key: string) => found().load(key),
  train: (key: string) => found().train(key),
  report: () => found().report(),
  async download(): Promise<Uint8Array<ArrayBuffer>> {
    const file = await found().download();
    return transfer(file, [file.buffer]);
  },
};
export type SearchCalls = typeof calls;
expose(calls);
