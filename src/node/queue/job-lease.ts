import type { Job } from 'bullmq';

/** Holds a job as long as it is renewed. */
export class JobLease {
  readonly renew: () => void;
  private readonly gone = new AbortController();
  private readonly timer: ReturnType<typeof setInterval>;

  constructor(job: Job, token: string, milliseconds: number) {
    this.renew = () => {
      job.extendLock(token, milliseconds).then(
        (held) => {
          if (!held) this.gone.abort();
        },
        () => this.gone.abort(),
      );
    };
    this.timer = setInterval(this.renew, milliseconds / 3);
  }

  get lost(): AbortSignal {
    return this.gone.signal;
  }

  end(): void {
    clearInterval(this.timer);
  }
}
