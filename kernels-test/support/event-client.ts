/** What a served page is sent. */
export interface Changes {
  readonly id: string;
  readonly title: string;
  readonly order: readonly string[];
  readonly changed: Readonly<Record<string, string>>;
}

/** Listens for the changes of a served page, as its script does. */
export class EventClient implements AsyncDisposable {
  readonly received: Changes[] = [];
  private readonly stop = new AbortController();
  private readonly ended: Promise<void>;

  private constructor(response: Response) {
    this.ended = this.read(response).catch(() => undefined);
  }

  /** `page`: its whole address. */
  static async open(page: string): Promise<EventClient> {
    const { origin, pathname, search } = new URL(page);
    const html = await (await fetch(page)).text();
    const seen = /data-seen="(\w*)"/.exec(html)?.[1] ?? '';
    const stop = new AbortController();
    const response = await fetch(`${origin}/events?${new URLSearchParams({ path: pathname + search, seen })}`, {
      signal: stop.signal,
    });
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
    const client = new EventClient(response);
    client.stop.signal.addEventListener('abort', () => stop.abort());
    return client;
  }

  /** Waits for changes of which this is true; throws after 60 seconds. */
  async until(reached: (changes: Changes) => boolean): Promise<Changes> {
    const end = performance.now() + 60_000;
    while (performance.now() < end) {
      const found = this.received.find(reached);
      if (found) return found;
      await new Promise((done) => setTimeout(done, 20));
    }
    throw new Error(`not sent within a minute: ${reached}; ${this.received.length} other changes were`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop.abort();
    await this.ended;
  }

  private async read(response: Response): Promise<void> {
    const decoder = new TextDecoder();
    let text = '';
    for await (const piece of response.body ?? []) {
      text += decoder.decode(piece, { stream: true });
      const events = text.split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) {
        const line = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(event)?.[1];
        const data = line('data');
        if (data !== undefined) this.received.push({ id: line('id') ?? '', ...JSON.parse(data) });
      }
    }
  }
}
