/** The errors a user of the engine meets. Each message says what was expected, what was found, where, and what to do. */

/** A shape, model or weight set that does not fit. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

/** An argument or option that is unknown, of the wrong kind or out of range. */
export class OptionError extends Error {
  override readonly name = 'OptionError';
}

/**
 * A request beyond a limit of the adapter, or of the engine's own 32-bit indices (`maxIndexedBytes`, `maxIndexedSamples`), in which
 * case nothing was allocated; or beyond the memory that the device has: `limit` is then 'device memory', and `available` NaN, since no
 * device tells it.
 */
export class LimitError extends Error {
  override readonly name = 'LimitError';
  constructor(
    readonly limit: string,
    readonly available: number,
    readonly requested: number,
    private readonly what: string,
    private readonly advice: string,
  ) {
    const whose = limit.startsWith('maxIndexed') ? "the engine's" : "this adapter's";
    super(
      Number.isNaN(available)
        ? `${what} needs ${requested} bytes of ${limit}, more than is left. ${advice}`
        : `${what} needs ${requested}, but ${whose} ${limit} is ${available}. ${advice}`,
    );
  }

  /** The same refusal, with more of what would fit. */
  advised(more: string): LimitError {
    return new LimitError(this.limit, this.available, this.requested, this.what, `${this.advice} ${more}`);
  }
}

/** A file or data set that is damaged, missing or contradicts itself. */
export class DataError extends Error {
  override readonly name = 'DataError';
}

/** No WebGPU adapter was found; the message says how to get one. */
export class NoAdapterError extends Error {
  override readonly name = 'NoAdapterError';
}

/** The GPU device went away while it was in use. */
export class DeviceLostError extends Error {
  override readonly name = 'DeviceLostError';
  constructor(
    readonly reason: string,
    detail: string,
  ) {
    super(`The GPU device was lost (${reason}): ${detail}`);
  }
}

/** A call that the GPU's driver refused: a fault of the engine, or of what was done to its device. Only what made the call fails. */
export class GpuError extends Error {
  override readonly name = 'GpuError';
  constructor(detail: string) {
    super(`The GPU refused a command: ${detail}`);
  }
}

/** A loss that became NaN or infinite, of a training step or of the validation after it, or weights or moments that did. `step` counts from 1. */
export class DivergedError extends Error {
  override readonly name = 'DivergedError';
  constructor(
    readonly step: number,
    readonly replica = 0,
    readonly what: 'loss' | 'validation loss' | 'weights' | 'moments' = 'loss',
  ) {
    super(
      `The ${what} became NaN or infinite ${what.endsWith('loss') ? 'at' : 'by'} step ${step}${replica ? ` of replica ${replica}` : ''}. ` +
        'Lower the learning rate, or look for extreme values in the data.',
    );
  }
}

/** What an aborted operation throws, in Node and in browsers alike. */
export function abortError(reason?: unknown): DOMException {
  const detail = reason instanceof Error && reason.name !== 'AbortError' ? `: ${reason.message}` : '';
  return new DOMException(`The operation was aborted${detail}`, 'AbortError');
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}
