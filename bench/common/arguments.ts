import { join } from 'node:path';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { OptionError } from '../../src/core/errors.ts';

/** The options of a program's arguments. Throws an OptionError for one that does not exist or lacks its value. */
export function parsed<Options extends ParseArgsConfig['options']>(args: readonly string[], command: string, options: Options) {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new OptionError(`${error instanceof Error ? error.message : String(error)}; ${command} -- --help tells the options`);
  }
}

export function positiveInteger(option: string, text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new OptionError(`${option} must be a whole number of at least 1, got ${text}`);
  return Number(text);
}

export function positiveNumber(option: string, text: string): number {
  if (!(Number(text) > 0)) throw new OptionError(`${option} must be a positive number, got ${text}`);
  return Number(text);
}

export function regularExpression(option: string, text: string): RegExp {
  try {
    return new RegExp(text);
  } catch {
    throw new OptionError(`${option} must be a regular expression, got ${text}`);
  }
}

export function oneOf<Name extends string>(option: string, text: string, names: readonly Name[]): Name {
  const found = names.find((name) => name === text);
  if (found === undefined) throw new OptionError(`${option} must be ${names.join(', ')}, got ${text}`);
  return found;
}

/** What programs that measure engines by turns have in common; a text as parseArgs takes it. */
export function comparisonOptions(seconds: string) {
  return {
    workload: { type: 'string', default: '' },
    engine: { type: 'string', default: '' },
    rounds: { type: 'string', default: '2' },
    seconds: { type: 'string', default: seconds },
    out: { type: 'string', default: join('bench', 'out') },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  } as const satisfies ParseArgsConfig['options'];
}

/** Which workloads and engines are meant, how often each is measured, and for how long. Throws an OptionError. */
export function comparisonOf(values: Readonly<Record<'workload' | 'engine' | 'rounds' | 'seconds', string>>) {
  return {
    workload: regularExpression('--workload', values.workload),
    engine: regularExpression('--engine', values.engine),
    rounds: positiveInteger('--rounds', values.rounds),
    milliseconds: 1000 * positiveNumber('--seconds', values.seconds),
  };
}

/** Runs a program and sets the exit code: 2 for a bad option, which is told in a line. */
export async function runProgram(run: (args: readonly string[]) => Promise<number>): Promise<void> {
  try {
    process.exitCode = await run(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}
