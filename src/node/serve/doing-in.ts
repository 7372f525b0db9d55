import { type Doing, isLive } from '../../report/served/doing.ts';
import { folderHolder } from '../folder-lock.ts';
import { type LiveState, readLiveState } from '../live-state.ts';

/** A process that can't be asked from here, and has not told anything for so long, is not heard of. */
const SILENT_MILLISECONDS = 60_000;

/** What goes on in a folder, by its lock and its state.json. `over`: what it holds is known to have come to its end. */
export async function doingIn(folder: string, over: boolean): Promise<Doing> {
  const [told, holder] = await Promise.all([
    readLiveState(folder).catch(() => undefined),
    folderHolder(folder).catch(() => undefined),
  ]);
  if (!told) return { condition: holder ? 'running' : over ? 'ended' : 'idle', running: [] };
  const { session, pid, state, running, ...facts } = told;
  const doing: Doing = { ...facts, condition: state, running };
  if (!holder) return isLive(doing) ? { ...doing, condition: 'interrupted', running: [] } : doing;
  // Another process has the folder, and has not told anything yet.
  if (!isLive(doing) || holder.pid !== pid) return { condition: 'running', running: [] };
  if (!holder.isHere && silentFor(told) > SILENT_MILLISECONDS) return { ...doing, condition: 'unheard', running: [] };
  return { ...doing, session };
}

function silentFor({ updated }: LiveState): number {
  return Date.now() - Date.parse(updated);
}
