// Finding a WebGPU adapter, remembering that it was found, and telling what was looked for when none was.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { collect } from './run.mjs';

/** @typedef {{ vendor: string, architecture: string, description: string, software: boolean }} Adapter */
/** `none`: there is no adapter, and why; `broken`: Dawn itself does not load here. @typedef {{ adapter: Adapter } | { none: string } | { broken: string }} Probe */

/** Variables by which a person chooses the Vulkan driver. */
export const driverVariables = ['VK_DRIVER_FILES', 'VK_ICD_FILENAMES'];
const otherVariables = [
  'VK_ADD_DRIVER_FILES',
  'VK_LOADER_DRIVERS_SELECT',
  'VK_LOADER_DRIVERS_DISABLE',
  'LD_LIBRARY_PATH',
  'XDG_DATA_DIRS',
];

const manifestFolders = ['/etc/vulkan/icd.d', '/usr/share/vulkan/icd.d', '/usr/local/share/vulkan/icd.d'];
const libraryFolders = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib', '/usr/local/lib'];

/** Asks Dawn, in a process of its own, for an adapter under the environment `env`. @param {NodeJS.ProcessEnv} env @returns {Promise<Probe>} */
export async function probe(env) {
  const program = fileURLToPath(new URL('probe.mjs', import.meta.url));
  const { code, signal, stdout, stderr } = await collect(process.execPath, [program], { env, timeoutMs: 60_000 });
  const result = stdout.split('\n').find((line) => line.startsWith('{'));
  // A driver that crashes once it is done with has still given an adapter, but the job would crash too.
  if (signal) return { none: `the driver crashed or hung (${signal})` };
  if (result === undefined) return { none: `the probe ended with exit code ${code}: ${stderr.trim()}` };
  const parsed = /** @type {Probe} */ (JSON.parse(result));
  const warning = stderr
    .split('\n')
    .find((line) => /^Warning: .*(vk|vulkan|driver)/i.test(line) && !line.includes('artificially reduced'));
  return 'none' in parsed && warning ? { none: warning.slice('Warning: '.length) } : parsed;
}

/** What was there to be found, a line each. */
export function searched() {
  if (process.platform !== 'linux') return [`an adapter of ${process.platform}'s own`];
  const loader = libraryFolders.map((folder) => `${folder}/libvulkan.so.1`).find((path) => existsSync(path));
  const manifests = manifestFiles();
  const devices = [...list('/dev/dri', /^render/), ...list('/dev', /^nvidia\d/)];
  const chosen = [...driverVariables, ...otherVariables].filter(
    (name) => name.startsWith('VK_') && process.env[name] !== undefined,
  );
  return [
    `the Vulkan loader, libvulkan.so.1: ${loader ?? 'not found'}`,
    `Vulkan drivers: ${manifests.length > 0 ? manifests.join(', ') : `none in ${manifestFolders.join(', ')}`}`,
    `graphics devices: ${devices.length > 0 ? devices.join(', ') : 'none'}`,
    ...chosen.map((name) => `the environment says ${name}=${process.env[name]}`),
  ];
}

/** @param {string} folder @param {RegExp} name */
function list(folder, name) {
  try {
    return readdirSync(folder)
      .filter((file) => name.test(file))
      .map((file) => `${folder}/${file}`);
  } catch {
    return []; // not there, or not ours to read
  }
}

const manifestFiles = () =>
  [...manifestFolders, join(homedir(), '.local/share/vulkan/icd.d')].flatMap((folder) => list(folder, /\.json$/));

/** Changes whenever what decides about the adapter may have. @param {string} root */
function fingerprint(root) {
  const files = [
    ...manifestFiles(),
    ...libraryFolders.map((folder) => `${folder}/libvulkan.so.1`),
    join(root, 'node_modules/webgpu/package.json'),
    ...['lavapipe', 'swiftshader'].map((driver) => join(root, '.cache/drivers', driver, 'icd.json')),
  ];
  return createHash('sha256')
    .update(
      JSON.stringify([
        [root, process.platform, process.arch, process.version, process.getuid?.()],
        [...driverVariables, ...otherVariables].map((name) => process.env[name] ?? null),
        files.map((path) => [path, statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? null]),
        [...list('/dev/dri', /./), ...list('/dev', /^nvidia/)],
      ]),
    )
    .digest('hex');
}

/** @param {string} root @param {string} kind */
const recordPath = (root, kind) => join(root, `.cache/adapter-${kind}.json`);

/**
 * What an earlier set-up found, unless something has changed since: which of the environments in `ways.mjs` leads to an adapter.
 * @param {string} root @param {string} kind
 * @returns {string | undefined}
 */
export function remembered(root, kind) {
  try {
    const record = JSON.parse(readFileSync(recordPath(root, kind), 'utf8'));
    return record.fingerprint === fingerprint(root) ? record.environment : undefined;
  } catch {
    return undefined; // none yet, or not readable: look anew
  }
}

/** @param {string} root @param {string} kind @param {string} environment */
export function remember(root, kind, environment) {
  try {
    mkdirSync(dirname(recordPath(root, kind)), { recursive: true });
    writeFileSync(recordPath(root, kind), `${JSON.stringify({ fingerprint: fingerprint(root), environment })}\n`);
  } catch {
    // A folder that is not ours to write costs only another look next time.
  }
}

/** @param {string} root @param {string} kind */
export function forget(root, kind) {
  rmSync(recordPath(root, kind), { force: true });
}
