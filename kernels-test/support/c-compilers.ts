import { execFile, execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What the generated code must compile with. */
export const STRICT = ['-std=c99', '-Wall', '-Wextra', '-Wconversion', '-Werror', '-pedantic'];

const START = fileURLToPath(new URL('../programs/c/', import.meta.url));

/** A processor: what compiles for it, and what runs the program. */
export interface Target {
  readonly title: string;
  readonly compiler: string;
  readonly flags: readonly string[];
  readonly size: string;
  /** Sources, beside the program's own, and flags, with which it is linked. */
  readonly start: readonly string[];
  readonly emulator: readonly string[];
}

const MPS2_START = [join(START, 'mps2-start.c'), '--specs=rdimon.specs', '-nostartfiles', '-T', join(START, 'mps2.ld')];
const qemu = (machine: string) => [
  ...['qemu-system-arm', '-M', machine, '-nographic', '-semihosting-config', 'enable=on,target=native', '-kernel'],
];

export const CORTEX_M4: Target = {
  title: 'a Cortex-M4F',
  compiler: 'arm-none-eabi-gcc',
  flags: ['-mthumb', '-mcpu=cortex-m4', '-mfloat-abi=hard', '-mfpu=fpv4-sp-d16'],
  size: 'arm-none-eabi-size',
  start: MPS2_START,
  emulator: qemu('mps2-an386'),
};

export const CORTEX_M0: Target = {
  title: 'a Cortex-M0, without a floating-point unit',
  compiler: 'arm-none-eabi-gcc',
  flags: ['-mthumb', '-mcpu=cortex-m0'],
  size: 'arm-none-eabi-size',
  start: MPS2_START,
  // A Cortex-M3, which runs the code of the M0; qemu's own M0 has too little memory for newlib.
  emulator: qemu('mps2-an385'),
};

export const AVR: Target = {
  title: 'an AVR',
  compiler: 'avr-gcc',
  flags: ['-mmcu=atmega1284p', '-DF_CPU=16000000UL'],
  size: 'avr-size',
  start: [join(START, 'avr-start.c')],
  emulator: ['simavr', '-m', 'atmega1284p', '-f', '16000000'],
};

/** What of some programs is not there, as the name of a suite that is skipped says it; undefined where all are. */
export function missing(...programs: readonly string[]): string | undefined {
  const absent = programs.filter((program) => !isThere(program));
  return absent.length > 0 ? `${absent.join(', ')} not installed` : undefined;
}

function isThere(program: string): boolean {
  try {
    execFileSync('sh', ['-c', 'command -v "$0"', program], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Writes files into a folder and returns their paths. */
export async function written(folder: string, files: Readonly<Record<string, string>>): Promise<string[]> {
  const paths = Object.entries(files).map(([name, text]) => ({ path: join(folder, name), text }));
  await Promise.all(paths.map(({ path, text }) => writeFile(path, text)));
  return paths.map(({ path }) => path);
}

/** Runs a compiler or a program; what it says is in the error where it fails. */
export async function execute(program: string, ...args: readonly string[]): Promise<string> {
  try {
    const { stdout, stderr } = await run(program, args, { timeout: 120_000, maxBuffer: 2 ** 26 });
    return stdout + stderr;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${program} failed: ${String((error as Error).message).slice(0, 200)}\n${stdout}${stderr}`.slice(0, 5000));
  }
}

/** Compiles an Arduino sketch for this computer, beside objects, and returns what it writes for what it reads. */
export async function runSketch(folder: string, sketch: string, objects: readonly string[], input: Uint8Array): Promise<string> {
  const program = join(folder, 'sketch');
  const flags = ['-Wall', '-Wextra', '-Werror', '-I', START, '-include', 'Arduino.h', '-I', folder];
  await execute('g++', ...flags, '-x', 'c++', sketch, '-x', 'none', ...objects, '-lm', '-o', program);
  return execFileSync(program, { input, encoding: 'utf8', timeout: 60_000 });
}

/** Compiles sources strictly, each to an object file beside it, and returns those; a few at a time. */
export async function compiled(compiler: string, flags: readonly string[], sources: readonly string[]): Promise<string[]> {
  const left = [...sources];
  const work = async () => {
    for (let source = left.pop(); source; source = left.pop())
      await execute(compiler, ...STRICT, ...flags, '-c', source, '-o', objectOf(source));
  };
  await Promise.all([work(), work()]);
  return sources.map(objectOf);
}

function objectOf(source: string): string {
  return source.replace(/\.c$/, '.o');
}

/** Sections of an object file or program in bytes, as `size` tells them. */
export async function sectionsOf(size: string, file: string): Promise<{ text: number; data: number; bss: number }> {
  const [, numbers = ''] = (await execute(size, file)).split('\n');
  const [text = 0, data = 0, bss = 0] = numbers.trim().split(/\s+/).map(Number);
  return { text, data, bss };
}
