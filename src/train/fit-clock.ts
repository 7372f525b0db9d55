/** Where epochs end. */
export interface Epochs {
  /** The step with which the epoch of the step behind `step` ends; infinite as long as nobody knows. */
  endAfter(step: number): number;
  /** Epochs begun before a step. */
  before(step: number): number;
  /** The step with which so many more epochs have ended; infinite as long as nobody knows. */
  endOf(count: number): number;
}

/** Epochs of so many steps each, the first of which began behind `origin`; counted on from `start`. */
export class RegularEpochs implements Epochs {
  constructor(
    private readonly steps: number,
    private readonly origin: number,
    private readonly start: number,
  ) {}

  endAfter(step: number): number {
    return multipleAfter(step, this.steps, this.origin);
  }

  before(step: number): number {
    return Math.floor((step - 1 - this.origin) / this.steps);
  }

  endOf(count: number): number {
    return this.start + count * this.steps;
  }
}

/** Epochs whose ends are noted as they come to be known, from the one numbered `first` on. */
export class NotedEpochs implements Epochs {
  private readonly ends: number[] = [];

  constructor(private readonly first: number) {}

  note(step: number): void {
    this.ends.push(step);
  }

  endAfter(step: number): number {
    return this.ends.find((end) => end > step) ?? Number.POSITIVE_INFINITY;
  }

  before(step: number): number {
    return this.first + this.ends.filter((end) => end < step).length;
  }

  endOf(count: number): number {
    return this.ends[count - 1] ?? Number.POSITIVE_INFINITY;
  }
}

export interface FitClockOptions {
  readonly epochs: Epochs;
  /** The step at which the fit ends, or after how many epochs. */
  readonly end: number | { readonly epochs: number };
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

  /** Infinite as long as nobody knows. */
  get end(): number {
    const { end, epochs } = this.options;
    return typeof end === 'number' ? end : epochs.endOf(end.epochs);
  }

  /** The next step after `step` at which something is due. */
  nextAfter(step: number): number {
    return Math.min(this.end, this.evaluationAfter(step), this.reportAfter(step));
  }

  evaluatesAt(step: number): boolean {
    return this.options.evaluates && (step === this.end || step === this.evaluationAfter(step - 1));
  }

  /** Epochs begun before a step. */
  epochOf(step: number): number {
    return this.options.epochs.before(step);
  }

  private evaluationAfter(step: number): number {
    const { evaluates, evaluateEvery, epochs } = this.options;
    if (!evaluates) return Number.POSITIVE_INFINITY;
    return evaluateEvery === undefined ? epochs.endAfter(step) : multipleAfter(step, evaluateEvery, 0);
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
