import type { QueueEvent } from 'paredown/node';
import { duration } from '../common/format.ts';
import { Lasting } from '../common/lasting.ts';
import { QueueAway } from '../common/queue-away.ts';

/** Tells a person what a search waits for: workers that come and go, a queue that is away. */
export class QueueWatch {
  private readonly held: string[] = [];
  private write = (text: string) => {
    this.held.push(text);
  };
  private readonly print = (text: string) => this.write(text);
  private readonly away = new QueueAway(this.print, 'workers go on with what they train');
  private readonly alone = new Lasting(this.print);
  private workers: readonly string[] = [];

  /** From now on it tells, and first what was to be told until now. */
  begin(print: (text: string) => void): void {
    this.write = print;
    for (const text of this.held.splice(0)) print(text);
  }

  tell(event: QueueEvent): void {
    if (event.type === 'workers') this.tellWorkers(event.workers);
    else if (event.type !== 'taken') this.away.tell(event);
  }

  close(): void {
    this.away.close();
    this.alone.end();
  }

  private tellWorkers(workers: readonly string[]): void {
    const before = this.workers;
    this.workers = workers;
    for (const worker of workers) if (!before.includes(worker)) this.print(`Worker ${worker} has joined`);
    for (const worker of before) if (!workers.includes(worker)) this.print(`Worker ${worker} has left`);
    if (workers.length > 0) this.alone.end();
    else
      this.alone.begin(
        before.length === 0 ? 'No worker is there yet: the trials wait for one' : 'No worker is left: the trials wait for one',
        (milliseconds) => `No worker for ${duration(milliseconds)} now: the trials wait for one`,
      );
  }
}
