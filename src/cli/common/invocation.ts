import { relative } from 'node:path';

/**
 * A command with these arguments, started as this process was: by `npm run SCRIPT`, whose set-up knows where the driver is, or else
 * by `otherwise` [the program by its path].
 */
export function startedAs(script: string, args: readonly string[], otherwise = ownProgram()): string {
  const byNpm = process.env.npm_lifecycle_event === script;
  const separator = byNpm && args.length > 0 ? ['--'] : [];
  return [byNpm ? `npm run ${script}` : otherwise, ...separator, ...args.map(quoted)].join(' ');
}

/** A command of `paredown`, to be typed where this one was. */
export function paredownCommand(...args: readonly string[]): string {
  return startedAs('paredown', args, 'npx paredown');
}

function ownProgram(): string {
  const path = relative(process.cwd(), process.argv[1] ?? '');
  return `${path.endsWith('.ts') ? 'npx tsx' : 'node'} ${quoted(path)}`;
}

/** A word as a shell takes it. */
export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
