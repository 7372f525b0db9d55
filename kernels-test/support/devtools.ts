import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

const flags = [
  '--headless=new',
  '--remote-debugging-pipe',
  '--disable-gpu',
  // A container has neither user namespaces for the sandbox nor a large /dev/shm.
  '--no-sandbox',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-extensions',
];

type Parameters = Readonly<Record<string, unknown>>;

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Parameters;
  readonly result?: Parameters;
  readonly error?: { readonly message: string };
}

/** A page of headless Chromium, steered by the DevTools protocol. */
export interface OpenPage {
  /** Sends a command of the protocol. */
  send(method: string, parameters?: Parameters): Promise<Parameters>;
  /** Goes to an address and waits until all is loaded. */
  open(url: string): Promise<void>;
  /** The value of an expression in the page, by way of JSON. */
  evaluate(expression: string): Promise<unknown>;
  /** Addresses that were asked for. */
  readonly requests: readonly string[];
  /** What the console and the page itself complained of. */
  readonly complaints: readonly string[];
}

/** Opens a page, lets `use` have it, and ends the browser with all of its processes. */
export async function withPage<T>(browser: string, use: (page: OpenPage) => Promise<T>): Promise<T> {
  const profile = await mkdtemp(join(tmpdir(), 'paredown-chromium-'));
  const child = spawn(browser, [...flags, `--user-data-dir=${profile}`], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const gone = new Promise<void>((done) => child.once('close', () => done()));
  const failed = new Promise<never>((_, reject) => {
    child.once('error', (error) => reject(new Error(`${browser} does not start: ${error.message}`)));
    child.once('exit', (code, signal) => reject(new Error(`${browser} ended (${signal ?? `exit code ${code}`})`)));
  });
  failed.catch(() => undefined);
  try {
    const connection = new Connection(child.stdio[3] as Writable, child.stdio[4] as Readable);
    return await Promise.race([attached(connection).then(use), failed]);
  } finally {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      process.kill(-child.pid, 'SIGKILL');
      await gone;
    }
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function attached(connection: Connection): Promise<OpenPage> {
  const { targetId } = await connection.send('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await connection.send('Target.attachToTarget', { targetId, flatten: true });
  const send = (method: string, parameters: Parameters = {}) => connection.send(method, parameters, String(sessionId));
  const requests: string[] = [];
  const complaints: string[] = [];
  connection.on('Network.requestWillBeSent', ({ request }) => requests.push((request as { url: string }).url));
  for (const event of ['Runtime.exceptionThrown', 'Runtime.consoleAPICalled', 'Log.entryAdded'])
    connection.on(event, (parameters) => complaints.push(`${event}: ${JSON.stringify(parameters)}`));
  for (const domain of ['Page', 'Network', 'Runtime', 'Log']) await send(`${domain}.enable`);
  return {
    send,
    requests,
    complaints,
    open: async (url) => {
      const loaded = new Promise<void>((done) => connection.on('Page.loadEventFired', () => done()));
      const { errorText } = await send('Page.navigate', { url });
      if (errorText) throw new Error(`${url}: ${errorText}`);
      await loaded;
    },
    evaluate: async (expression) => {
      const { result, exceptionDetails } = await send('Runtime.evaluate', {
        expression,
        returnByValue: true,
        awaitPromise: true,
      });
      if (exceptionDetails) throw new Error(`in the page: ${JSON.stringify(exceptionDetails)}`);
      return (result as { value?: unknown }).value;
    },
  };
}

/** Messages of JSON over two pipes, each ended by a zero byte. */
class Connection {
  private readonly waiting = new Map<number, (message: Message) => void>();
  private readonly listeners = new Map<string, ((parameters: Parameters) => unknown)[]>();
  private last = 0;

  constructor(
    private readonly output: Writable,
    input: Readable,
  ) {
    let rest = '';
    output.on('error', () => undefined);
    input.setEncoding('utf8').on('data', (text: string) => {
      const messages = (rest + text).split('\0');
      rest = messages.pop() ?? '';
      for (const message of messages) this.take(JSON.parse(message) as Message);
    });
  }

  on(event: string, listener: (parameters: Parameters) => unknown): void {
    this.listeners.set(event, [...(this.listeners.get(event) ?? []), listener]);
  }

  send(method: string, parameters: Parameters, sessionId?: string): Promise<Parameters> {
    this.last++;
    const id = this.last;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, ({ result = {}, error }) =>
        error ? reject(new Error(`${method}: ${error.message}`)) : resolve(result),
      );
      this.output.write(`${JSON.stringify({ id, method, params: parameters, ...(sessionId && { sessionId }) })}\0`);
    });
  }

  private take(message: Message): void {
    if (message.id !== undefined) this.waiting.get(message.id)?.(message);
    else for (const listener of this.listeners.get(message.method ?? '') ?? []) listener(message.params ?? {});
  }
}
