import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

/** A start of the built `paredown`, as a user starts it, in a folder of the test file's own. */
export class Command {
  stdout = '';
  stderr = '';
  readonly child: ChildProcess;
  readonly exit: Promise<number | NodeJS.Signals | null>;

  constructor(cwd: string, args: readonly string[], environment: NodeJS.ProcessEnv) {
    const env = { ...process.env, PAREDOWN_DATA: '', DEBUG: '', ...environment };
    const child = spawn(process.execPath, [PROGRAM, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    child.stdout.on('data', (piece) => {
      this.stdout += piece;
    });
    child.stderr.on('data', (piece) => {
      this.stderr += piece;
    });
    this.exit = new Promise((done) => child.on('close', (code, signal) => done(signal ?? code)));
  }

  /** Exit code and output, without the warnings of the driver. */
  async end() {
    const code = await this.exit;
    return { code, stdout: this.stdout, stderr: this.stderr.replace(/^Warning: max.*\n/gm, '') };
  }

  /** The complete lines of --json. */
  lines(): { readonly type: string; readonly [key: string]: unknown }[] {
    return this.stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  }

  /** Waits until `reached`, and fails where the program ends before. */
  async until(reached: () => boolean): Promise<void> {
    while (!reached()) {
      if (this.child.exitCode !== null) throw new Error(`ended too early: ${this.stderr}`);
      await new Promise((done) => setTimeout(done, 20));
    }
  }
}

/** For a test file a folder of its own and starts of the command in it; what is left running at the end is killed. */
export function useCommand(name: string) {
  let folder = '';
  const started: Command[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), `paredown-${name}-`));
  });
  afterAll(async () => {
    for (const command of started) command.child.kill('SIGKILL');
    await Promise.all(started.map(({ exit }) => exit));
    await rm(folder, { recursive: true, force: true });
  });
  const start = (args: readonly string[], environment: NodeJS.ProcessEnv = {}) => {
    const command = new Command(folder, args, environment);
    started.push(command);
    return command;
  };
  return { folder: () => folder, start, paredown: (...args: readonly string[]) => start(args).end() };
}
