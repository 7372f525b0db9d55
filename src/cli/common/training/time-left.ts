/** Estimates how long a training will still take: its steps at their recent pace, and its evaluations. */
export class TimeLeft {
  private pace: number | undefined;
  private evaluationMs = 0;

  constructor(
    private readonly steps: number,
    private readonly evaluateEvery: number,
    /** Steps that train as many samples as an evaluation takes, which costs no more than they. */
    private readonly stepsOfEvaluation: number,
  ) {}

  /** Milliseconds left after `step`. `passedMs` went by since the last report, `taken` steps ago. */
  after(step: number, report: { stepMs: number; taken: number; passedMs: number; evaluated: boolean }): number {
    const { stepMs, taken, passedMs, evaluated } = report;
    this.pace = this.pace === undefined ? stepMs : this.pace + 0.2 * (stepMs - this.pace);
    if (evaluated) this.evaluationMs = Math.max(0, passedMs - stepMs * taken);
    // The first one also compiled its kernels.
    const evaluationMs = Math.min(this.evaluationMs, this.stepsOfEvaluation * this.pace);
    return (this.steps - step) * this.pace + this.evaluationsAfter(step) * evaluationMs;
  }

  private evaluationsAfter(step: number): number {
    return Math.ceil(this.steps / this.evaluateEvery) - Math.ceil(step / this.evaluateEvery);
  }
}
