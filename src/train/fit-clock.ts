export interface FitClockOptions {
  /** The step at which the data set's first epoch began, and how many steps an epoch has. */
  readonly origin: number;
  readonly stepsPerEpoch: number;
  /** The step at which the fit ends. */
  readonly end: number;
  /** Whether there is anything to evaluate, every so many steps [at the end of each epoch]. */
  readonly evaluates: boolean;
  readonly evaluateEvery?: number;
  /** Steps between reports [as time goes]. */
  readonly reportEvery?: number;
}

/**
 * At which steps a fit evaluates, reports and ends. They are multiples counted from the training's beginning: several calls of fit
 * evaluate and report at the same steps as a single one.
 */
export class FitClock {
  constructor(private readonly options: FitClockOptions) {}

  get end(): number {
    return this.options.end;
  }

  /** The next step after `step` at which something is due. */
  nextAfter(step: number): number {
    return Math.min(this.end, this.evaluationAfter(step), this.reportAfter(step));
  }

  evaluatesAt(step: number): boolean {
    return this.options.evaluates && (step === this.end || step === this.evaluationAfter(step - 1));
  }

  reportsAt(step: number): boolean {
    return step === this.end || step === this.reportAfter(step - 1);
  }

  /** Epochs begun before a step. */
  epochOf(step: number): number {
    return Math.floor((step - 1 - this.options.origin) / this.options.stepsPerEpoch);
  }

  private evaluationAfter(step: number): number {
    const { evaluates, evaluateEvery, stepsPerEpoch, origin } = this.options;
    if (!evaluates) return Number.POSITIVE_INFINITY;
    return evaluateEvery === undefined ? multipleAfter(step, stepsPerEpoch, origin) : multipleAfter(step, evaluateEvery, 0);
  }

  private reportAfter(step: number): number {
    const { reportEvery } = this.options;
    return reportEvery === undefined ? Number.POSITIVE_INFINITY : multipleAfter(step, reportEvery, 0);
  }
}

/** The first multiple of `every`, counted from `from`, that is larger than `step`. */
function multipleAfter(step: number, every: number, from: number): number {
  return from + (Math.floor((step - from) / every) + 1) * every;
}
