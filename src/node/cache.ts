import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** The user's own cache folder for this package, which need not exist: the operating system's, or below `XDG_CACHE_HOME`. */
export function cacheFolder(): string {
  return join(userCaches(), 'paredown');
}

function userCaches(): string {
  // The XDG base directory specification has a relative path ignored.
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (XDG_CACHE_HOME && isAbsolute(XDG_CACHE_HOME)) return XDG_CACHE_HOME;
  if (process.platform === 'win32') return LOCALAPPDATA || join(homedir(), 'AppData', 'Local');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches');
  return join(homedir(), '.cache');
}
