import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';

/** Where the other engines are: apart from this package, which never depends on them. */
export function peersFolder(): string {
  return resolve('bench/peers');
}

/** Threads that a peer on the CPU may use: as many as a software driver takes. */
export function availableCores(): number {
  return Math.min(16, availableParallelism());
}

/** Installs the other engines where they are missing or of other versions. Throws an Error where npm could not. */
export function installPeers(): void {
  const folder = peersFolder();
  if (installed(folder)) return;
  console.error('installing the other engines into bench/peers (once, about 600 MB)');
  const npm = process.env.npm_execpath;
  const [command, args] = npm ? [process.execPath, [npm]] : ['npm', []];
  const { status, error } = spawnSync(
    command,
    [...args, 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
    {
      cwd: folder,
      stdio: ['ignore', 'inherit', 'inherit'],
      // What npm tells its scripts is of this package, not of that one.
      env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_(package|config_local_prefix)/.test(name))),
    },
  );
  if (status !== 0) throw new Error(`npm ci in bench/peers failed${error ? `: ${error.message}` : ''}; it needs the network`);
}

/** Whether every package is there in the version asked for. */
function installed(folder: string): boolean {
  const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  return Object.entries(dependencies).every(([name, version]) => {
    const file = join(folder, 'node_modules', name, 'package.json');
    return existsSync(file) && (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version === version;
  });
}

/** The versions of the other engines. */
export function peerVersions(): Record<string, string> {
  const { dependencies } = JSON.parse(readFileSync(join(peersFolder(), 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  return dependencies;
}
