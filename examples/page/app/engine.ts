import { proxy, wrap } from 'comlink';
import type { Engine } from '../engine/worker.ts';

export const engine = wrap<Engine>(new Worker(new URL('../engine/worker.ts', import.meta.url), { type: 'module' }));
/** What the worker calls back. */
export { proxy };
