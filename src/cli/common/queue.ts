import { QueueAddress } from 'paredown/node';

export const QUEUE_HELP =
  'the Redis through which trials leave this machine: redis://HOST:PORT, rediss:// with TLS [PAREDOWN_QUEUE, which also keeps a password out of the list of processes]';

/** The URL of the queue that was typed, or that the environment names; undefined without one. Throws an OptionError, which does not repeat it. */
export function queueOf(typed: string | undefined): string | undefined {
  const url = typed ?? (process.env.PAREDOWN_QUEUE || undefined);
  if (url !== undefined) new QueueAddress(url);
  return url;
}

/**
 * What was typed, without the password of a queue. Where there is one, it is also taken out of what a list of processes shows of this
 * one; what started it, such as npx, still shows it.
 */
export function withoutPassword(name: string, args: readonly string[]): string[] {
  const safe = args.map((arg, index) => {
    if (arg.startsWith('--queue=')) return `--queue=${shownOrHidden(arg.slice('--queue='.length))}`;
    return args[index - 1] === '--queue' ? shownOrHidden(arg) : arg;
  });
  if (safe.join() !== args.join()) process.title = `paredown ${name}`;
  return safe;
}

function shownOrHidden(url: string): string {
  try {
    const address = new QueueAddress(url);
    return address.username === undefined && address.password === undefined ? url : address.shown;
  } catch {
    return '***';
  }
}
