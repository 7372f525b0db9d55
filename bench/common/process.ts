import { spawn } from 'node:child_process';

/** What a program writes to its standard output. Throws an Error with what it wrote where it fails. */
export async function outputOf(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  let output = '';
  let errors = '';
  child.stdout.on('data', (text) => {
    output += text;
  });
  child.stderr.on('data', (text) => {
    errors += text;
  });
  const code = await new Promise<number | null>((ended) => child.once('close', ended));
  if (code !== 0) throw new Error(`${command} ${args[0] ?? ''} failed with exit code ${code}:\n${errors || output}`);
  return output;
}
