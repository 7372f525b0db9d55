// The ways to a WebGPU adapter: the environments to try, and when none of them has one, the drivers to get.
import { driverVariables, probe, searched } from './adapter.mjs';
import { aptSystem, osRelease } from './apt.mjs';
import { driverEnvironment, installMesa, installSteps, isUnpacked, unpackDriver } from './drivers.mjs';
import { ask, SetupError, say } from './run.mjs';

/** @typedef {import('./adapter.mjs').Adapter} Adapter */
/** @typedef {import('./drivers.mjs').Driver} Driver */
/** @typedef {{ name: string, adapter: Adapter }} Found */
/** A way to get a driver: what it would do to the system and in the project, how, and the environments that may then work. */
/** @typedef {{ steps: string[], system: boolean, go: () => Promise<void>, environments: string[] }} Way */

/**
 * An environment by its name: `given`, as it is; `system`, without the variables that choose a driver; or that of an unpacked driver.
 * @param {string} root @param {string} name @returns {NodeJS.ProcessEnv}
 */
export function environmentNamed(root, name) {
  if (name === 'given') return process.env;
  if (name === 'system')
    return Object.fromEntries(Object.entries(process.env).filter(([variable]) => !driverVariables.includes(variable)));
  if (name === 'lavapipe' || name === 'swiftshader') return { ...process.env, ...driverEnvironment(root, name) };
  throw new SetupError(`there is no environment '${name}'`);
}

const choosesDriver = () => driverVariables.some((name) => process.env[name] !== undefined);

/** The environments to try before anything is got, the person's own choice first. @param {string} root */
const environments = (root) => [
  'given',
  ...(choosesDriver() ? ['system'] : []),
  ...(isUnpacked(root, 'lavapipe') ? ['lavapipe'] : []),
];
/** @type {Record<Driver, string>} */
const driverNames = { lavapipe: "Mesa's driver", swiftshader: 'SwiftShader' };

/**
 * The first of the environments that has an adapter. Throws a SetupError where Dawn itself does not load.
 * @param {string} root @param {string[]} names @param {string[]} [reasons] takes why each of the others has none
 * @returns {Promise<Found | undefined>}
 */
export async function findAdapter(root, names, reasons = []) {
  for (const name of names) {
    const result = await probe(environmentNamed(root, name));
    if ('broken' in result) throw new SetupError(`Dawn's WebGPU for Node does not load on this machine: ${result.broken}`);
    if ('adapter' in result) return { name, adapter: result.adapter };
    reasons.push(result.none);
  }
  return undefined;
}

/**
 * The ways to a software driver on this system, the best first; none where there is no apt.
 * @param {string} root @returns {Promise<Way[]>}
 */
async function ways(root) {
  const system = aptSystem();
  if (system === undefined) return [];
  const steps = process.getuid?.() === 0 ? await installSteps(system) : undefined;
  /** @type {Way[]} */
  const installing = steps
    ? [{ steps, system: true, go: async () => installMesa(system), environments: ['given', 'system'] }]
    : [];
  /** @type {(driver: Driver) => Way} */
  const unpacking = (driver) => ({
    steps: [`download ${driverNames[driver]} with apt-get and unpack it into .cache/drivers/${driver}`],
    system: false,
    go: async () => unpackDriver(root, system, driver),
    environments: [driver],
  });
  // SwiftShader is slow: what has been unpacked of it before is used only where Mesa's driver cannot be had.
  /** @type {Way} */
  const swiftshader = isUnpacked(root, 'swiftshader')
    ? { steps: ['use SwiftShader, which is unpacked'], system: false, go: async () => undefined, environments: ['swiftshader'] }
    : unpacking('swiftshader');
  return [...installing, unpacking('lavapipe'), swiftshader];
}

/**
 * Finds an adapter, or gets a software driver that makes one. Throws a SetupError that tells what to do where there is no way.
 * @param {string} root @param {boolean} asks before anything outside the project is touched
 * @returns {Promise<Found>}
 */
export async function getAdapter(root, asks) {
  /** @type {string[]} */
  const reasons = [];
  const found = await findAdapter(root, environments(root), reasons);
  if (found) {
    if (found.name !== 'given' && choosesDriver()) say(`${named()} leads to no adapter (${reasons[0]}) and is not used`);
    return found;
  }
  say(`no WebGPU adapter (${reasons[0]}). Looked for:\n  ${searched().join('\n  ')}`);
  for (const way of await ways(root)) {
    if (way.system) say(`a software driver can be installed:\n  ${way.steps.join('\n  ')}`);
    if (way.system && asks && !(await ask('Do that?'))) continue;
    try {
      if (!way.system) say(way.steps.join('; '));
      await way.go();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      say(error.message);
      continue;
    }
    const got = await findAdapter(root, way.environments, reasons);
    if (got) return got;
    say(`that gives no adapter either (${reasons.at(-1)})`);
  }
  throw new SetupError(advice());
}

const named = () =>
  driverVariables
    .filter((name) => process.env[name] !== undefined)
    .map((name) => `${name}=${process.env[name]}`)
    .join(' ');

/** The adapter of SwiftShader, which is unpacked if need be. @param {string} root @returns {Promise<Found>} */
export async function getSwiftshader(root) {
  if (!isUnpacked(root, 'swiftshader')) {
    const system = aptSystem();
    if (system === undefined) throw new SetupError('SwiftShader comes from a package of Debian, and there is no apt-get here');
    await unpackDriver(root, system, 'swiftshader');
  }
  /** @type {string[]} */
  const reasons = [];
  const found = await findAdapter(root, ['swiftshader'], reasons);
  if (!found) throw new SetupError(`SwiftShader in .cache/drivers/swiftshader gives no adapter: ${reasons[0]}`);
  return found;
}

/**
 * What the set-up would do about an adapter, a line each. @param {string} root @param {string} kind
 * @param {boolean} installed whether the packages are there to look for one with
 */
export async function planDriver(root, kind, installed) {
  if (kind === 'swiftshader')
    return isUnpacked(root, kind)
      ? []
      : ['would download SwiftShader with apt-get and unpack it into .cache/drivers/swiftshader'];
  if (!installed) return ['would then look for a WebGPU adapter, and where there is none:', ...(await wayLines(root))];
  const found = await findAdapter(root, environments(root));
  if (found) return [`there is an adapter: ${found.adapter.description || found.adapter.vendor}`];
  return [`no WebGPU adapter. Looked for:\n  ${searched().join('\n  ')}`, ...(await wayLines(root))];
}

/** @param {string} root */
async function wayLines(root) {
  const lines = (await ways(root)).map(
    ({ steps }, index) => `${index === 0 ? 'would' : 'if that gives none, would'}\n  ${steps.join('\n  ')}`,
  );
  return lines.length > 0 ? lines : [advice()];
}

/** What a person can do where the set-up cannot. */
function advice() {
  const again = 'then start again';
  if (process.platform === 'darwin')
    return 'macOS has WebGPU adapters through Metal; a virtual machine without one needs its graphics device enabled';
  if (process.platform === 'win32')
    return 'Windows has WebGPU adapters through Direct3D 12; update Windows or the graphics driver';
  const { id = '', like = '' } = osRelease() ?? {};
  const family = `${id} ${like}`;
  const commands = /** @type {const} */ ([
    [/debian|ubuntu/, 'sudo apt-get install mesa-vulkan-drivers libvulkan1'],
    [/fedora|rhel/, 'sudo dnf install mesa-vulkan-drivers vulkan-loader'],
    [/arch/, 'sudo pacman -S vulkan-swrast vulkan-icd-loader'],
    [/suse/, 'sudo zypper install libvulkan_lvp libvulkan1'],
  ]);
  const command = commands.find(([pattern]) => pattern.test(family))?.[1];
  if (/alpine/.test(family))
    return "Dawn's WebGPU for Node needs glibc, which Alpine Linux does not have; use a container of Debian";
  return command
    ? `no WebGPU adapter. Run\n  ${command}\n${again} (Mesa ${leastMesaWords} is needed)`
    : `no WebGPU adapter. Install Mesa's software driver for Vulkan (lavapipe, Mesa ${leastMesaWords}) and the Vulkan loader with your package manager, ${again}`;
}

const leastMesaWords = '23 or later';
