/** The errors a user of the engine meets. Each message says what was expected, what was found, where, and what to do. */

/** A shape, model or weight set that does not fit. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

/** An argument or option that is unknown, of the wrong kind or out of range. */
export class OptionError extends Error {
  override readonly name = 'OptionError';
}

/** A request beyond a limit of the adapter; nothing was allocated. */
export class LimitError extends Error {
  override readonly name = 'LimitError';
  constructor(
    readonly limit: string,
    readonly available: number,
    readonly requested: number,
    what: string,
    advice: string,
  ) {
    super(`${what} needs ${requested}, but this adapter's ${limit} is ${available}. ${advice}`);
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

/** A loss that became NaN or infinite, of a training step or of the validation after it. `step` counts from 1. */
export class DivergedError extends Error {
  override readonly name = 'DivergedError';
  constructor(
    readonly step: number,
    readonly replica = 0,
    readonly data: 'training' | 'validation' = 'training',
  ) {
    super(
      `The ${data === 'validation' ? 'validation ' : ''}loss became NaN or infinite at step ${step}` +
        `${replica ? ` of replica ${replica}` : ''}. ` +
        'Lower the learning rate, or look for extreme values in the data; the last good checkpoint is untouched.',
    );
  }
}

/** What an aborted operation throws, in Node and in browsers alike. */
export function abortError(reason?: unknown): DOMException {
  const detail = reason instanceof Error && reason.name !== 'AbortError' ? `: ${reason.message}` : '';
  return new DOMException(`The operation was aborted${detail}`, 'AbortError');
}
