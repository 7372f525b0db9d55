// Whether the installed packages and the build are those of the sources.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const buildInputs = ['src', 'shaders', 'scripts/build.mjs', 'package.json', 'tsconfig.json', 'tsconfig.build.json'];

/** When `path` was last written, in ms; undefined when there is no such file. @param {string} path */
const writtenAt = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs;

/** The packages that a lock file lists, by their folder. @param {string} path @returns {Record<string, { version: string, optional?: boolean }>} */
const packagesIn = (path) => JSON.parse(readFileSync(path, 'utf8')).packages;

/** Why the packages need installing; undefined when they do not. @param {string} root */
export function packagesStale(root) {
  const record = join(root, 'node_modules/.package-lock.json'); // npm writes it last: a broken installation has none
  if (writtenAt(record) === undefined) return 'the packages are not installed';
  const installed = packagesIn(record);
  // Optional packages are for other machines, so they may be missing.
  const differs = Object.entries(packagesIn(join(root, 'package-lock.json'))).some(
    ([folder, { version, optional }]) => folder !== '' && (installed[folder] ? installed[folder].version !== version : !optional),
  );
  return differs ? 'the installed packages are older than package-lock.json' : undefined;
}

/** Why dist/ needs building; undefined when it does not. @param {string} root */
export function buildStale(root) {
  const built = writtenAt(join(root, 'dist/index.js'));
  if (built === undefined) return 'there is no build yet';
  for (const input of buildInputs) {
    const newer = newerThan(built, root, input);
    if (newer !== undefined) return `the build is older than ${newer}`;
  }
  return undefined;
}

/**
 * The first path at or below `name` written after `time`. A folder is written when a file in it comes or goes.
 * @param {number} time @param {string} root @param {string} name
 * @returns {string | undefined}
 */
function newerThan(time, root, name) {
  const path = join(root, name);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  if (found.mtimeMs > time) return name;
  if (!found.isDirectory()) return undefined;
  for (const child of readdirSync(path)) {
    const newer = newerThan(time, root, `${name}/${child}`);
    if (newer !== undefined) return newer;
  }
  return undefined;
}
