import { OptionError } from '../core/errors.ts';
import type { Progress } from './progress.ts';

const BOTH =
  'fit: a loop goes over this training already; write either `for await (const progress of trainer.fit(...))` or `await trainer.fit(...)`';

const LEFT = 'fit: the loop over this training was left before its end; call fit again to go on';

/**
 * A training that `fit` was asked for; it begins when it is used. `for await (const progress of fit)` trains and shows each report;
 * `await fit` trains to the end and gives the last one. It is the one or the other: the way that comes second throws an OptionError,
 * but a loop that has come to its end may be awaited for its last report, or for the error that ended it.
 */
export class Fit implements AsyncGenerator<Progress, void, undefined>, PromiseLike<Progress> {
  private state: 'new' | 'looping' | 'ended' | 'left' = 'new';
  private last: Progress | undefined;
  private awaited: Promise<Progress> | undefined;

  constructor(private readonly reports: AsyncGenerator<Progress, void, undefined>) {}

  async next(): Promise<IteratorResult<Progress, void>> {
    if (this.awaited && this.state !== 'ended')
      throw new OptionError('fit: this training is awaited already; call fit again for another one');
    if (this.state === 'new') this.state = 'looping';
    return this.noted(this.reports.next());
  }

  async return(): Promise<IteratorResult<Progress, void>> {
    if (this.state !== 'ended') this.state = 'left';
    return this.reports.return();
  }

  async throw(error: unknown): Promise<IteratorResult<Progress, void>> {
    return this.noted(this.reports.throw(error));
  }

  /** What a loop without `await` asks for. */
  [Symbol.iterator](): never {
    throw new OptionError(
      'fit: write `for await (const progress of trainer.fit(...))`; without `await` there is nothing to go over',
    );
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  // biome-ignore lint/suspicious/noThenProperty: `await trainer.fit(...)` calls this, and trains to the end; documented in docs/api.md
  then<A = Progress, B = never>(
    fulfilled?: ((last: Progress) => A | PromiseLike<A>) | null,
    rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    if (!this.awaited && this.state !== 'new' && this.state !== 'ended')
      return Promise.reject(new OptionError(this.state === 'left' ? LEFT : BOTH)).then(fulfilled, rejected);
    this.awaited ??= this.toTheEnd();
    return this.awaited.then(fulfilled, rejected);
  }

  catch<B = never>(rejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<Progress | B> {
    return this.then(undefined, rejected);
  }

  finally(settled?: (() => void) | null): Promise<Progress> {
    return this.then().finally(settled);
  }

  /** What a step of a loop gives; its end, by an error too, is what `await` then gives. */
  private async noted(step: Promise<IteratorResult<Progress, void>>): Promise<IteratorResult<Progress, void>> {
    try {
      const result = await step;
      if (result.done) this.state = this.state === 'left' ? 'left' : 'ended';
      else this.last = result.value;
      return result;
    } catch (error) {
      this.state = 'ended';
      this.awaited = Promise.reject(error);
      // Who awaits it meets it; who does not has met it in the loop.
      this.awaited.catch(() => undefined);
      throw error;
    }
  }

  private async toTheEnd(): Promise<Progress> {
    for await (const progress of this.reports) this.last = progress;
    if (!this.last) throw new OptionError('fit: this training was ended before its first report');
    return this.last;
  }
}
