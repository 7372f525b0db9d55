import { OptionError } from './errors.ts';

/**
 * The steps of work that goes on as a loop asks for them. Whoever awaits them, or loops without `await`, would have nothing done, and is
 * told by an OptionError how the loop is written. `loop` is that: `const step of search(...)`.
 */
export class Steps<T> implements AsyncGenerator<T, void, undefined> {
  constructor(
    private readonly steps: AsyncGenerator<T, void, undefined>,
    private readonly loop: string,
  ) {}

  next(): Promise<IteratorResult<T, void>> {
    return this.steps.next();
  }

  return(): Promise<IteratorResult<T, void>> {
    return this.steps.return();
  }

  throw(error: unknown): Promise<IteratorResult<T, void>> {
    return this.steps.throw(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /** What a loop without `await` asks for. */
  [Symbol.iterator](): never {
    throw new OptionError(`write \`for await (${this.loop})\`; without \`await\` there is nothing to go over`);
  }

  // biome-ignore lint/suspicious/noThenProperty: `await search(...)` calls this, to be refused; without it the await would end at once, and nothing would have run
  then<A, B = never>(
    fulfilled?: ((value: never) => A | PromiseLike<A>) | null,
    rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    const error = new OptionError(`write \`for await (${this.loop})\`; to await it does nothing`);
    return Promise.reject(error).then(fulfilled, rejected);
  }

  catch<B = never>(rejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<B> {
    return this.then<never, B>(undefined, rejected);
  }

  finally(settled?: (() => void) | null): Promise<never> {
    return this.then<never>().finally(settled);
  }
}
