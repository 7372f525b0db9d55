/** Kernels that were asked for since all that were asked for before were ready, and how many of them are ready. */
export interface CompileProgress {
  readonly done: number;
  readonly of: number;
}

/** Counts kernels as they are compiled, and tells who listens. */
export class Compilation {
  private asked = 0;
  private ready = 0;

  constructor(private readonly listener?: (progress: CompileProgress) => void) {}

  /** Whether somebody listens. */
  get isTold(): boolean {
    return this.listener !== undefined;
  }

  begin(kernels: number): void {
    if (this.ready === this.asked) {
      this.ready = 0;
      this.asked = 0;
    }
    this.asked += kernels;
    this.tell();
  }

  /** Also where they failed: nobody waits for them any more. */
  end(kernels: number): void {
    this.ready += kernels;
    this.tell();
  }

  private tell(): void {
    if (this.asked > 0) this.listener?.({ done: this.ready, of: this.asked });
  }
}
