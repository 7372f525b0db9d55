import {
  abortError,
  DataError,
  DeviceLostError,
  DivergedError,
  LimitError,
  NoAdapterError,
  OptionError,
  ShapeError,
} from '../core/errors.ts';

/** An error as plain data, for another process: that loses the class of one, and all fields but its message. */
export interface PlainError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  /** Its own fields, such as the limit of a LimitError. */
  readonly fields: Readonly<Record<string, unknown>>;
}

const CLASSES = { DataError, DeviceLostError, DivergedError, LimitError, NoAdapterError, OptionError, ShapeError };

export function plainError(thrown: unknown): PlainError {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const { name, message, stack } = error;
  const plain = Object.entries(error).filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value));
  return { name, message, stack, fields: Object.fromEntries(plain) };
}

/** The error again, an instance of its class where that is one of the engine's. */
export function errorFrom({ name, message, stack, fields }: PlainError): Error {
  if (name === 'AbortError') return abortError();
  const error = Object.assign(new Error(message), fields);
  const found = Object.entries(CLASSES).find(([known]) => known === name)?.[1];
  if (found) Object.setPrototypeOf(error, found.prototype);
  error.name = name;
  if (stack !== undefined) error.stack = stack;
  return error;
}
