/** Does something again and again, never twice at once. */
export class Repeated {
  private running: Promise<void> | undefined;
  private readonly timer: ReturnType<typeof setInterval>;

  /** `failed` is told of what `work` throws. */
  constructor(milliseconds: number, work: () => Promise<void>, failed: (error: unknown) => void) {
    this.timer = setInterval(() => {
      this.running ??= work()
        .catch(failed)
        .finally(() => {
          this.running = undefined;
        });
    }, milliseconds);
  }

  /** It is not done again; returns once it is not being done either. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }
}
