import type { ConnectionEvent } from 'paredown/node';
import { duration } from './format.ts';
import { Lasting } from './lasting.ts';

/** Tells a person that a queue is away, for how long, and when it is back. */
export class QueueAway {
  private readonly away: Lasting;

  /** `meanwhile`: what goes on. */
  constructor(
    private readonly print: (text: string) => void,
    private readonly meanwhile: string,
  ) {
    this.away = new Lasting(print);
  }

  tell(event: ConnectionEvent): void {
    const { type, queue } = event;
    if (type === 'away') {
      this.away.begin(
        `The queue ${queue} is away; ${this.meanwhile}, and it is tried again and again`,
        (milliseconds) => `The queue ${queue} is away for ${duration(milliseconds)} now`,
      );
      return;
    }
    this.away.end();
    this.print(`The queue ${queue} is back after ${duration(event.awayMs)}`);
  }

  close(): void {
    this.away.end();
  }
}
