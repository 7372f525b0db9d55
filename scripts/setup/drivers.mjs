// Software drivers: Mesa's lavapipe, installed or unpacked, and SwiftShader, unpacked from the Debian package that holds it.
// Unpacked means: into .cache/drivers/ of the project, where nothing else on the machine sees it.
import { cpSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { driverVariables } from './adapter.mjs';
import { distributionSources, mesaVersions, planMesa, sourceText } from './apt.mjs';
import { perform, SetupError, say } from './run.mjs';

/** @typedef {import('./apt.mjs').System} System */
/** @typedef {import('./apt.mjs').MesaPlan} MesaPlan */

const mesaPackages = ['mesa-vulkan-drivers', 'libvulkan1'];
const addedSource = '/etc/apt/sources.list.d/paredown-backports.sources';

/** The drivers that can be unpacked: the packages named, the manifest in them, and which libraries to keep. */
const unpacked = {
  lavapipe: { packages: mesaPackages, manifest: /^lvp_icd.*\.json$/, keep: /^(?!libvulkan_(?!lvp)).*\.so(\.|$)/ },
  swiftshader: {
    packages: ['chromium-common', 'libvulkan1'],
    manifest: /^vk_swiftshader_icd\.json$/,
    keep: /^lib(vk_swiftshader|vulkan)\.so/,
  },
};
/** @typedef {keyof typeof unpacked} Driver */

/** @param {string} root @param {Driver} driver */
const driverFolder = (root, driver) => join(root, '.cache/drivers', driver);

/** @param {string} root @param {Driver} driver */
export const isUnpacked = (root, driver) => existsSync(join(driverFolder(root, driver), 'icd.json'));

/** The variables that make a process use the unpacked driver. @param {string} root @param {Driver} driver @returns {Record<string, string>} */
export function driverEnvironment(root, driver) {
  const folder = driverFolder(root, driver);
  const manifest = join(folder, 'icd.json');
  const path = process.env.LD_LIBRARY_PATH;
  const libraries = join(folder, 'lib');
  // Loaders before 1.3.207 know the second name only.
  return {
    LD_LIBRARY_PATH: path ? `${libraries}:${path}` : libraries,
    ...Object.fromEntries(driverVariables.map((name) => [name, manifest])),
  };
}

/** The arguments of apt-get that install Mesa's driver. @param {MesaPlan} plan */
const installArguments = ({ target }) => [
  'install',
  '-y',
  '--no-install-recommends',
  ...(target === undefined ? [] : ['-t', target]),
  ...mesaPackages,
];

/**
 * What installing Mesa's driver would do to the system, a line each; undefined where the distribution has none that Dawn takes.
 * @param {System} system
 */
export async function installSteps(system) {
  const versions = await mesaVersions();
  const install = (/** @type {MesaPlan} */ plan) => ['apt-get', ...installArguments(plan)].join(' ');
  if (versions.all.length === 0) {
    return [
      'apt-get update',
      `${install({})} (from ${system.codename}-backports where that is too old for Dawn; its source is then added)`,
    ];
  }
  const plan = planMesa(system, versions, distributionSources(system).main);
  if (plan === undefined) return undefined;
  const added = plan.add ? [`write ${addedSource} (${plan.add.uris} ${plan.add.suites} main)`] : [];
  return [...added, 'apt-get update', install(plan)];
}

/** Where Mesa comes from, now that apt's lists are fresh. Throws a SetupError where there is none. @param {System} system @param {string[]} options */
async function mesaPlan(system, options) {
  const versions = await mesaVersions(options);
  if (versions.all.length === 0)
    throw new SetupError(`apt-get finds no ${mesaPackages[0]}: does the mirror of ${system.name} answer?`);
  const plan = planMesa(system, versions, distributionSources(system).main);
  if (plan === undefined) throw new SetupError(`${system.name} has no Mesa that Dawn takes, only ${versions.all.join(', ')}`);
  return plan;
}

/** Installs Mesa's driver on the system, as root. @param {System} system */
export async function installMesa(system) {
  say('apt-get update');
  await update([]);
  const plan = await mesaPlan(system, []);
  if (plan.add) {
    say(`write ${addedSource} (${plan.add.uris} ${plan.add.suites}): the Mesa of ${system.name} itself is too old for Dawn`);
    writeFileSync(addedSource, sourceText(plan.add));
    say('apt-get update');
    await update([]);
  }
  say(['apt-get', ...installArguments(plan)].join(' '));
  await perform('apt-get', installArguments(plan), { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
}

/** Refreshes apt's lists. @param {string[]} options */
async function update(options) {
  // One source that does not answer, maybe somebody else's, fails the whole update; what follows shows whether it matters.
  await perform('apt-get', [...options, '-qq', '-o', 'APT::Update::Error-Mode=any', 'update']).catch((error) =>
    say(error.message),
  );
}

/** Downloads a driver with apt, without touching apt's own state, and unpacks it. @param {string} root @param {System} system @param {Driver} driver */
export async function unpackDriver(root, system, driver) {
  const apt = join(root, '.cache', `apt.${process.pid}`);
  try {
    const options = await privateApt(apt, system, driver);
    const packages = driver === 'lavapipe' ? await withDependencies(system, options) : unpacked[driver].packages;
    const archives = join(apt, 'archives');
    mkdirSync(archives, { recursive: true });
    const names = packages.map((name) => name.replace(/=.*/, ''));
    say(`download ${names.length} packages of ${system.name}: ${names.join(' ')}`);
    await perform('apt-get', [...options, '-qq', 'download', ...packages], { cwd: archives });
    const tree = join(apt, 'tree');
    for (const archive of readdirSync(archives)) await perform('dpkg', ['-x', join(archives, archive), tree]);
    gather(tree, apt, driver);
    const folder = driverFolder(root, driver);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(join(root, '.cache/drivers'), { recursive: true });
    renameSync(join(apt, 'driver'), folder);
    say(`unpacked into ${folder}`);
  } finally {
    rmSync(apt, { recursive: true, force: true });
  }
}

/**
 * Makes a state of apt's own in `folder`, with the distribution's sources (and its backports where Mesa needs them), and brings it up to date.
 * Returns the options that make apt use it. @param {string} folder @param {System} system @param {Driver} driver
 */
async function privateApt(folder, system, driver) {
  const { held } = distributionSources(system);
  const parts = join(folder, 'sources');
  for (const name of ['sources', 'lists/partial', 'cache/archives/partial']) mkdirSync(join(folder, name), { recursive: true });
  const options = Object.entries({
    'Dir::State::lists': join(folder, 'lists'),
    'Dir::Cache': join(folder, 'cache'),
    'Dir::Etc::sourcelist': '/dev/null',
    'Dir::Etc::sourceparts': parts,
    'Debug::NoLocking': 'true',
    'APT::Sandbox::User': '',
    'Acquire::Languages': 'none',
  }).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  held.forEach((source, index) => {
    writeFileSync(join(parts, `${index}.sources`), sourceText(source));
  });
  await update(options);
  const plan = driver === 'lavapipe' ? await mesaPlan(system, options) : {};
  if (plan.add) {
    writeFileSync(join(parts, 'backports.sources'), sourceText(plan.add));
    await update(options);
  }
  return options;
}

/** Mesa's packages and whatever they need that is not installed, as NAME=VERSION. @param {System} system @param {string[]} options */
async function withDependencies(system, options) {
  const plan = await mesaPlan(system, options);
  const simulated = await perform('apt-get', [...options, '-s', ...installArguments(plan)], {
    env: { ...process.env, LC_ALL: 'C' },
  });
  const packages = [...simulated.matchAll(/^Inst (\S+)(?: \[[^\]]*\])? \((\S+)/gm)].map(
    ([, name, version]) => `${name}=${version}`,
  );
  if (packages.length === 0) throw new SetupError(`${mesaPackages.join(' and ')} are installed already, yet give no adapter`);
  // The C library of a process cannot be another than that of its libraries.
  if (packages.some((name) => name.startsWith('libc6=')))
    throw new SetupError("Mesa's driver needs a newer C library than the one installed");
  return packages;
}

/** Makes `apt`/driver from an unpacked tree: the libraries side by side in lib/, beside them icd.json. @param {string} tree @param {string} apt @param {Driver} driver */
function gather(tree, apt, driver) {
  const { manifest, keep } = unpacked[driver];
  const folder = join(apt, 'driver');
  mkdirSync(join(folder, 'lib'), { recursive: true });
  const paths = readdirSync(tree, { recursive: true, encoding: 'utf8' });
  for (const path of paths.filter((path) => keep.test(basename(path)))) {
    const target = join(folder, 'lib', basename(path));
    const kind = lstatSync(join(tree, path));
    if ((kind.isFile() || kind.isSymbolicLink()) && !existsSync(target))
      cpSync(join(tree, path), target, { verbatimSymlinks: true });
  }
  const found = paths.find((path) => manifest.test(basename(path)));
  if (found === undefined) throw new SetupError(`the packages hold no ${manifest.source}`);
  const content = JSON.parse(readFileSync(join(tree, found), 'utf8'));
  content.ICD.library_path = `./lib/${basename(content.ICD.library_path)}`;
  writeFileSync(join(folder, 'icd.json'), `${JSON.stringify(content, null, 2)}\n`);
}
