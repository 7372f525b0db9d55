// What Debian's and Ubuntu's package manager knows: its sources, and which Mesa there is to have.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { collect } from './run.mjs';

/** One paragraph of a deb822 sources file: its fields by lower-case name. @typedef {Record<string, string>} Source */
/** @typedef {{ id: string, like: string, codename: string, name: string }} System */
/** Where Mesa comes from: `target` is the suite to ask for by name, `add` a source that the machine lacks. @typedef {{ target?: string, add?: Source }} MesaPlan */

/** Dawn refuses Mesa's driver before this major version. */
const leastMesa = 23;

/** What /etc/os-release says; undefined where apt is not the package manager. @param {string} [etc] @returns {System | undefined} */
export function aptSystem(etc = '/etc') {
  const system = osRelease(etc);
  return system && existsSync('/usr/bin/apt-get') && existsSync('/usr/bin/dpkg') ? system : undefined;
}

/** @param {string} [etc] @returns {System | undefined} */
export function osRelease(etc = '/etc') {
  if (!existsSync(join(etc, 'os-release'))) return undefined;
  const lines = readFileSync(join(etc, 'os-release'), 'utf8').matchAll(/^(\w+)="?(.*?)"?$/gm);
  const field = Object.fromEntries([...lines].map(([, name, value]) => [name, value]));
  return {
    id: field.ID ?? '',
    like: field.ID_LIKE ?? '',
    codename: field.VERSION_CODENAME ?? '',
    name: field.PRETTY_NAME ?? 'Linux',
  };
}

/** The sources of one file. @param {string} path @returns {Source[]} */
function sourcesIn(path) {
  const text = readFileSync(path, 'utf8');
  if (path.endsWith('.list'))
    return text
      .split('\n')
      .map(oneLine)
      .filter((source) => source !== undefined);
  return path.endsWith('.sources')
    ? text
        .split(/\n\s*\n/)
        .map(paragraph)
        .filter(isUsed)
    : [];
}

/** Every binary source in use, whichever of apt's two notations it is written in. @param {string} etc @returns {Source[]} */
function sources(etc) {
  const parts = join(etc, 'apt/sources.list.d');
  const files = [
    join(etc, 'apt/sources.list'),
    ...(existsSync(parts) ? readdirSync(parts).map((name) => join(parts, name)) : []),
  ];
  return files.filter((path) => existsSync(path)).flatMap(sourcesIn);
}

/** @param {Source} source */
const isUsed = ({ types = '', enabled = 'yes', uris, suites }) =>
  types.split(/\s+/).includes('deb') && enabled !== 'no' && uris !== undefined && suites !== undefined;

/** A line such as `deb [signed-by=KEY] URI SUITE COMPONENT...`. @param {string} line @returns {Source | undefined} */
function oneLine(line) {
  const found = /^\s*deb\s+(?:\[(?<options>[^\]]*)\]\s+)?(?<uris>\S+)\s+(?<suites>\S+)\s*(?<components>[^#]*)/.exec(line)?.groups;
  if (!found) return undefined;
  const names = new Map([['arch', 'architectures']]);
  const options = (found.options ?? '')
    .split(/\s+/)
    .filter(Boolean)
    .map((option) => option.split('='));
  const fields = options.map(([name = '', value = '']) => [names.get(name) ?? name, value.replaceAll(',', ' ')]);
  return {
    types: 'deb',
    uris: found.uris ?? '',
    suites: found.suites ?? '',
    components: (found.components ?? '').trim(),
    ...Object.fromEntries(fields),
  };
}

/** @param {string} text @returns {Source} */
function paragraph(text) {
  const lines = text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n');
  return Object.fromEntries(
    [...lines.matchAll(/^([\w-]+):[ \t]*(.*(?:\n[ \t].*)*)$/gm)].map(([, name = '', value = '']) => [
      name.toLowerCase(),
      value.trim(),
    ]),
  );
}

/** A source as text for a .sources file. @param {Source} source */
export const sourceText = (source) =>
  `${Object.entries(source)
    .map(([name, value]) => `${name}: ${value.includes('\n') ? `\n ${value.trimStart()}` : value}`)
    .join('\n')}\n`;

/** The distribution's own sources, nobody else's: those of its suites that hold `main`. @param {System} system @param {string} [etc] */
export function distributionSources({ codename }, etc = '/etc') {
  const own = ['', '-updates', '-security', '-backports', '/updates'].map((suffix) => codename + suffix);
  const words = (/** @type {string | undefined} */ text) => (text ?? '').split(/\s+/);
  const held = sources(etc).filter(
    ({ suites, components }) => words(suites).some((suite) => own.includes(suite)) && words(components).includes('main'),
  );
  // Others may call their suite by the same codename; only the distribution's mirror has the updates too.
  const mirrors = held.filter(({ suites }) => words(suites).includes(`${codename}-updates`)).flatMap(({ uris }) => words(uris));
  const main = held.find(
    ({ suites, uris }) =>
      words(suites).includes(codename) && (mirrors.length === 0 || words(uris).some((uri) => mirrors.includes(uri))),
  );
  return { held, main };
}

/**
 * The versions of Mesa's Vulkan driver that apt can get, the one it would choose first; none when its lists are empty.
 * @param {string[]} [options] apt's options
 */
export async function mesaVersions(options = []) {
  const { stdout } = await collect('apt-cache', [...options, 'policy', 'mesa-vulkan-drivers'], {
    env: { ...process.env, LC_ALL: 'C' },
  });
  return mesaVersionsIn(stdout);
}

/** Reads what `apt-cache policy` prints. @param {string} policy */
export function mesaVersionsIn(policy) {
  const candidate = /^ {2}Candidate: (\S+)$/m.exec(policy)?.[1];
  const all = [...policy.matchAll(/^ (?: {4}|\*\*\* )(\S+) -?\d+$/gm)].map(([, version = '']) => version);
  return { candidate: candidate === '(none)' ? undefined : candidate, all };
}

/**
 * Where to get a Mesa that Dawn takes; undefined where the distribution has none.
 * @param {System} system @param {{ candidate?: string | undefined, all: string[] }} versions @param {Source | undefined} main the distribution's main source
 * @returns {MesaPlan | undefined}
 */
export function planMesa({ id, codename }, { candidate, all }, main) {
  const goodEnough = (/** @type {string | undefined} */ version) =>
    Number.parseInt(version?.replace(/^\d+:/, '') ?? '0', 10) >= leastMesa;
  if (goodEnough(candidate)) return {};
  const target = `${codename}-backports`;
  if (all.some(goodEnough)) return { target };
  if (id !== 'debian' || main === undefined) return undefined;
  return { target, add: { ...main, types: 'deb', suites: target, components: 'main' } };
}
