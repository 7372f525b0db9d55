import { GpuError, LimitError, OptionError } from '../core/errors.ts';
import type { Gpu } from './gpu.ts';

/**
 * What one owner (a trainer, a predictor, a data set) has and does on a GPU: its buffers, freed together, and its calls, whose
 * errors reach nobody else. WebGPU tells of an error after the call: `settled`, and every `wait`, throw what came since the last.
 */
export class Workspace {
  private readonly buffers = new Set<GPUBuffer>();
  /** Calls of which the device has not yet said whether they failed. */
  private readonly open = new Set<Promise<void>>();
  private failure: Error | undefined;
  /** What is under way and has to end before the buffers go. */
  private readonly running = new Set<Promise<unknown>>();
  private closing = false;
  private ended = false;

  /** `owner`: who it is for, in an error's words, such as 'predictor'. */
  constructor(
    readonly gpu: Gpu,
    private readonly owner: string,
  ) {}

  /** A workspace of the same owner for one thing that it does beside others. */
  part(): Workspace {
    this.check();
    return new Workspace(this.gpu, this.owner);
  }

  /** Throws a DeviceLostError where the device is gone, an OptionError where the owner was destroyed. */
  check(): void {
    if (this.ended) throw new OptionError(`This ${this.owner} was destroyed`);
    this.gpu.check();
  }

  /** Throws what `check` does, and an OptionError where the owner is being destroyed: no new work begins. */
  checkOpen(): void {
    if (this.closing) throw new OptionError(`This ${this.owner} was destroyed`);
    this.check();
  }

  /** Does work that `close` waits for. Throws what `checkOpen` does. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.checkOpen();
    const done = work();
    this.running.add(done);
    try {
      return await done;
    } finally {
      this.running.delete(done);
    }
  }

  /** Lets no new work begin, and waits for what is under way. */
  async close(): Promise<void> {
    this.closing = true;
    await Promise.allSettled(this.running);
  }

  /**
   * A zeroed buffer of at least `bytes`, rounded up to 4. Throws a LimitError, before allocating, where the adapter's limit is
   * lower; memory that the device does not have becomes a LimitError of the next `settled`.
   */
  createBuffer(label: string, bytes: number, usage: GPUBufferUsageFlags): GPUBuffer {
    this.check();
    const { device, limits } = this.gpu;
    if (bytes > limits.maxBufferSize)
      throw new LimitError(
        'maxBufferSize',
        limits.maxBufferSize,
        bytes,
        `The buffer '${label}'`,
        'Use a smaller batch, model or data set.',
      );
    const size = Math.max(4, Math.ceil(bytes / 4) * 4);
    const buffer = this.attempt(
      () => device.createBuffer({ label, size, usage }),
      () => new LimitError('device memory', Number.NaN, size, `The buffer '${label}'`, 'Use a smaller batch, model or data set.'),
    );
    this.buffers.add(buffer);
    return buffer;
  }

  /** Frees one of the buffers. */
  free(buffer: GPUBuffer): void {
    this.buffers.delete(buffer);
    buffer.destroy();
  }

  /** Writes the first `bytes` of data [all], a multiple of 4. */
  write(buffer: GPUBuffer, offset: number, data: ArrayBufferView, bytes = data.byteLength): void {
    const { queue } = this.gpu.device;
    this.attempt(() => queue.writeBuffer(buffer, offset, data.buffer as ArrayBuffer, data.byteOffset, bytes));
  }

  /** Submits what `record` records. */
  submit(record: (encoder: GPUCommandEncoder) => void): void {
    this.attempt(() => {
      const encoder = this.gpu.device.createCommandEncoder();
      record(encoder);
      this.gpu.device.queue.submit([encoder.finish()]);
    });
  }

  /** Makes calls whose errors are the owner's. `outOfMemory` is the error where they allocate and the device has not enough. */
  attempt<T>(calls: () => T, outOfMemory?: () => Error): T {
    const { device } = this.gpu;
    device.pushErrorScope('validation');
    if (outOfMemory) device.pushErrorScope('out-of-memory');
    try {
      return calls();
    } finally {
      if (outOfMemory) this.follow(device.popErrorScope(), outOfMemory);
      this.follow(device.popErrorScope(), ({ message }) => new GpuError(message));
    }
  }

  /** Waits until the device has said of every call whether it failed, and throws the first error since the last time. */
  async settled(): Promise<void> {
    while (this.open.size > 0) await this.gpu.wait(Promise.all(this.open));
    const { failure } = this;
    this.failure = undefined;
    if (failure) throw failure;
  }

  /** Awaits a promise of the device as `gpu.wait` does; an error of a call made before is thrown first. */
  async wait<T>(promise: Promise<T>, expected?: number): Promise<T> {
    const outcome = await this.gpu.wait(promise, expected).then(
      (value) => ({ value }),
      (error: Error) => ({ error }),
    );
    if ('error' in outcome && this.ended) throw new OptionError(`This ${this.owner} was destroyed while it was at work`);
    await this.settled();
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  }

  /** Waits until everything that was submitted on the device has run. */
  finished(): Promise<void> {
    return this.wait(this.gpu.device.queue.onSubmittedWorkDone());
  }

  /** Frees every buffer. Calling it again does nothing. */
  destroy(): void {
    this.closing = true;
    this.ended = true;
    for (const buffer of this.buffers) buffer.destroy();
    this.buffers.clear();
  }

  private follow(told: Promise<GPUError | null>, error: (told: GPUError) => Error): void {
    const followed = told.then(
      (failed) => {
        if (failed) this.failure ??= error(failed);
      },
      // A lost device tells no more; whoever waits for it learns that from the device.
      () => undefined,
    );
    this.open.add(followed);
    followed.then(() => this.open.delete(followed));
  }
}
