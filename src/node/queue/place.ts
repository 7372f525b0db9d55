import type { MakeTrainer, QueueTrainer } from './queue-trainer.ts';
import type { JoinedStudy } from './worker-study.ts';

/** Where one trial at a time is trained: keeps the trainer of the last study. */
export class Place {
  study: string | undefined;
  private trainer: QueueTrainer | undefined;
  private since = 0;

  constructor(private readonly make: MakeTrainer) {}

  /** Milliseconds that it is at its study. */
  get stayed(): number {
    return this.study === undefined ? 0 : performance.now() - this.since;
  }

  async at({ announcement, data }: JoinedStudy): Promise<QueueTrainer> {
    if (this.trainer && this.study === announcement.id) return this.trainer;
    await this.leave();
    this.trainer = await this.make(announcement, data);
    this.study = announcement.id;
    this.since = performance.now();
    return this.trainer;
  }

  async leave(): Promise<void> {
    const { trainer } = this;
    this.trainer = undefined;
    this.study = undefined;
    await trainer?.[Symbol.asyncDispose]();
  }
}
