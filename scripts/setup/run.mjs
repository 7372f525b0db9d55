// Running other programs, and speaking to the person: all of the set-up's words go to stderr, stdout belongs to the job.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { createInterface as createDialogue } from 'node:readline/promises';

/** A failure whose message is all that the person needs. */
export class SetupError extends Error {}

/** @param {string} message */
export function say(message) {
  process.stderr.write(`set-up: ${message}\n`);
}

/**
 * Runs a program to its end with its output collected; an exit code other than 0 is the caller's to judge.
 * @param {string} command @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, timeoutMs?: number }} [options]
 * @returns {Promise<{ code: number | null, signal: NodeJS.Signals | null, stdout: string, stderr: string }>}
 */
export function collect(command, args, { cwd, env, timeoutMs } = {}) {
  return new Promise((done) => {
    const child = spawn(command, args, {
      cwd,
      env,
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    child.on('error', (error) => done({ code: 127, signal: null, stdout, stderr: error.message }));
    child.on('close', (code, signal) => done({ code, signal, stdout, stderr }));
  });
}

/**
 * Runs a program that has to succeed and returns its stdout. Throws a SetupError with the end of its output when it fails.
 * @param {string} command @param {string[]} args @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 */
export async function perform(command, args, options) {
  const { code, signal, stdout, stderr } = await collect(command, args, options);
  if (code === 0) return stdout;
  const lines = `${stdout}\n${stderr}`.trim().split('\n');
  const shown = lines.length > 30 ? [...lines.slice(0, 10), '...', ...lines.slice(-20)] : lines;
  throw new SetupError(`${basename(command)} failed (${signal ?? `exit code ${code}`}):\n  ${shown.join('\n  ')}`);
}

/** Asks at the terminal; plain Enter is yes. @param {string} question */
export async function ask(question) {
  const terminal = createDialogue({ input: process.stdin, output: process.stderr });
  try {
    return /^(|y|yes)$/i.test((await terminal.question(`set-up: ${question} [Y/n] `)).trim());
  } finally {
    terminal.close();
  }
}

/** Two warnings that Dawn prints when it first looks at lavapipe; they mean nothing to anybody here. */
const NOISE = /^Warning: maxDynamic(Uniform|Storage)BuffersPerPipelineLayout artificially reduced from /;

/**
 * Runs the job in this one's place as far as a parent can: its input, output, exit code and signals. Returns the exit code.
 * @param {string[]} job @param {NodeJS.ProcessEnv} env
 * @returns {Promise<number>}
 */
export function runJob([command = '', ...args], env) {
  const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
  return new Promise((done) => {
    // The command's name may be a .cmd file on Windows, which only a shell starts.
    const shell = process.platform === 'win32' && command !== 'node';
    const child = spawn(command === 'node' ? process.execPath : command, args, {
      env,
      stdio: ['inherit', 'inherit', 'pipe'],
      shell,
    });
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (!NOISE.test(line)) process.stderr.write(`${line}\n`);
    });
    let last = Number.NEGATIVE_INFINITY;
    /** @type {(signal: NodeJS.Signals) => void} */
    const forward = (signal) => {
      // A terminal sends Ctrl-C to the job itself, and npm sends each one twice: the job must see one, since its second means "at once".
      const repeated = performance.now() - last < 200;
      last = performance.now();
      if (!(signal === 'SIGINT' && (process.stdin.isTTY || repeated))) child.kill(signal);
    };
    for (const signal of signals) process.on(signal, forward);
    /** @param {number} code */
    const end = (code) => {
      for (const signal of signals) process.off(signal, forward);
      done(code);
    };
    child.on('error', (error) => {
      say(`'${command}' does not start: ${error.message}`);
      end(127);
    });
    child.on('close', (code, signal) => end(code ?? 128 + (signal ? signalNumber(signal) : 0)));
  });
}

/** @param {NodeJS.Signals} signal */
const signalNumber = (signal) => constants.signals[signal];
