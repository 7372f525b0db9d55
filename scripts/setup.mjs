// The set-up that `npm run baseline`, `npm test` and their like share. Plain Node: nothing needs to be installed to start it.
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { forget, remember, remembered } from './setup/adapter.mjs';
import { driverEnvironment } from './setup/drivers.mjs';
import { buildStale, packagesStale } from './setup/freshness.mjs';
import { perform, runJob, SetupError, say } from './setup/run.mjs';
import { environmentNamed, findAdapter, getAdapter, getSwiftshader, planDriver } from './setup/ways.mjs';

const help = `node scripts/setup.mjs [options] [-- COMMAND [ARGUMENTS]]

Installs the packages when they are missing or older than package-lock.json, builds when the build is older than its
sources, sees to it that there is a WebGPU adapter, if need be a software one, and then runs the command; its exit code
is the exit code. What is there already is left alone.

  --yes          ask nothing, even in a terminal
  --dry-run      print what would be done, and do nothing
  --no-adapter   the command needs no adapter
  --swiftshader  run the command on SwiftShader, unpacked into .cache/drivers; without a command, print the environment to use
  --help         print this

--yes and --dry-run are understood among the command's arguments too: npm run baseline -- --dry-run
`;

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '');

/** @typedef {{ yes: boolean, dryRun: boolean, adapter: boolean, swiftshader: boolean, help: boolean, job: string[] }} Options */

/** @param {string[]} args @returns {Options} */
function readOptions(args) {
  const separator = args.indexOf('--');
  const own = separator < 0 ? args : args.slice(0, separator);
  const rest = separator < 0 ? [] : args.slice(separator + 1);
  const shared = ['--yes', '--dry-run'];
  const known = [...shared, '--no-adapter', '--swiftshader', '--help'];
  const unknown = own.find((option) => !known.includes(option));
  if (unknown !== undefined)
    throw new SetupError(`unknown option '${unknown}'; there are ${known.join(', ')}, and the command after --`);
  const given = new Set([...own, ...rest.filter((argument) => shared.includes(argument))]);
  const job = rest.filter((argument) => !shared.includes(argument));
  return {
    yes: given.has('--yes'),
    dryRun: given.has('--dry-run'),
    // Who asks a program for its help need not wait for a driver.
    adapter: !given.has('--no-adapter') && !job.includes('--help'),
    swiftshader: given.has('--swiftshader'),
    help:
      given.has('--help') || (job.length === 0 && !given.has('--swiftshader') && !given.has('--dry-run') && !given.has('--yes')),
    job,
  };
}

/** Installs and builds what is missing or stale. @param {boolean} dryRun */
async function preparePackage(dryRun) {
  const packages = packagesStale(root);
  if (packages) {
    say(`${packages}: ${dryRun ? 'would run ' : ''}npm ci`);
    // npm names itself to what it runs; without it, the one in the path.
    const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm'];
    const [command = '', ...args] = [
      ...npm,
      'ci',
      '--ignore-scripts',
      '--include=dev',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
    ];
    if (!dryRun) await perform(command, args, { cwd: root });
  }
  const build = buildStale(root);
  if (build) {
    say(`${build}: ${dryRun ? 'would run ' : ''}node scripts/build.mjs`);
    if (!dryRun) await perform(process.execPath, [join(root, 'scripts/build.mjs')], { cwd: root });
  }
  return !(dryRun && packages);
}

/**
 * The environment under which the job finds an adapter, by its name in ways.mjs, and whether that is only remembered.
 * @param {Options} options @param {string} kind
 */
async function prepareAdapter(options, kind) {
  const known = remembered(root, kind);
  if (known !== undefined) return { name: known, fromMemory: true };
  const asks = !options.yes && !process.env.CI && process.stdin.isTTY && process.stderr.isTTY;
  const found = kind === 'swiftshader' ? await getSwiftshader(root) : await getAdapter(root, Boolean(asks));
  say(`adapter: ${found.adapter.description || found.adapter.vendor}${found.adapter.software ? ' (software)' : ''}`);
  remember(root, kind, found.name);
  return { name: found.name, fromMemory: false };
}

/** @returns {Promise<number>} */
async function main() {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(help);
    return 0;
  }
  const installed = await preparePackage(options.dryRun);
  const kind = options.swiftshader ? 'swiftshader' : 'any';
  if (options.dryRun) {
    if (options.adapter) for (const line of await planDriver(root, kind, installed)) say(line);
    if (options.job.length > 0) say(`would run ${options.job.join(' ')}`);
    return 0;
  }
  const { name, fromMemory } = options.adapter ? await prepareAdapter(options, kind) : { name: 'given', fromMemory: false };
  const found = environmentNamed(root, name);
  if (options.job.length === 0) {
    const variables = options.swiftshader ? driverEnvironment(root, 'swiftshader') : {};
    for (const [variable, value] of Object.entries(variables))
      process.stdout.write(`export ${variable}='${value.replaceAll("'", "'\\''")}'\n`);
    return 0;
  }
  const path = [join(root, 'node_modules/.bin'), process.env.PATH].filter(Boolean).join(delimiter);
  const code = await runJob(options.job, { ...found, PATH: path });
  if (code !== 0 && fromMemory && !(await findAdapter(root, [name]))) {
    forget(root, kind);
    say('the WebGPU adapter that an earlier start found is gone; start again, and the set-up looks for one anew');
  }
  return code;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  say(error.message);
  process.exitCode = 1;
}
