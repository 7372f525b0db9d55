import { OptionError } from '../core/errors.ts';
import type { Progress } from './progress.ts';

const BOTH =
  'fit: a loop goes over this training already; write either `for await (const progress of trainer.fit(...))` or `await trainer.fit(...)`';

/**
 * A training that `fit` was asked for; it begins when it is used. `for await (const progress of fit)` trains and shows each report;
 * `await fit` trains to the end and gives the last one. It is the one or the other: the way that comes second throws an OptionError,
 * but a loop that has come to its end may be awaited for its last report.
 */
export class Fit implements AsyncGenerator<Progress, void, undefined>, PromiseLike<Progress> {
  private looping = false;
  private last: Progress | undefined;
  private ended = false;
  private awaited: Promise<Progress> | undefined;

  constructor(private readonly reports: AsyncGenerator<Progress, void, undefined>) {}

  async next(): Promise<IteratorResult<Progress, void>> {
    if (this.awaited) throw new OptionError('fit: this training is awaited already; call fit again for another one');
    this.looping = true;
    const result = await this.reports.next();
    if (result.done) this.ended = true;
    else this.last = result.value;
    return result;
  }

  async return(): Promise<IteratorResult<Progress, void>> {
    const result = await this.reports.return();
    this.ended = true;
    return result;
  }

  async throw(error: unknown): Promise<IteratorResult<Progress, void>> {
    return this.reports.throw(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  // biome-ignore lint/suspicious/noThenProperty: awaiting a fit is meant to train
  then<A = Progress, B = never>(
    fulfilled?: ((last: Progress) => A | PromiseLike<A>) | null,
    rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    if (this.looping && !this.ended) return Promise.reject(new OptionError(BOTH)).then(fulfilled, rejected);
    this.awaited ??= this.toTheEnd();
    return this.awaited.then(fulfilled, rejected);
  }

  catch<B = never>(rejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<Progress | B> {
    return this.then(undefined, rejected);
  }

  finally(settled?: (() => void) | null): Promise<Progress> {
    return this.then().finally(settled);
  }

  private async toTheEnd(): Promise<Progress> {
    for await (const progress of this.reports) this.last = progress;
    if (!this.last) throw new OptionError('fit: this training was ended before its first report');
    return this.last;
  }
}
