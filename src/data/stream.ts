import { has, isRecord, refuseUnknown } from '../core/arguments.ts';
import { DataError, OptionError } from '../core/errors.ts';
import { shown } from '../core/shown.ts';
import { checkShape, elements, type Shape } from '../core/value.ts';
import { namesOfClasses } from './class-names.ts';
import { type Dataset, type DatasetOptions, datasetAt } from './dataset.ts';

/** Samples of a stream, any number of them: laid out as a data set's. */
export type StreamBatch = Pick<DatasetOptions, 'x' | 'y'>;

/** Where in a stream to begin: at which epoch, counted from 0, and how many of its samples to leave out. */
export interface StreamPosition {
  readonly epoch: number;
  readonly skip: number;
}

/**
 * Training data larger than memory: samples with labels (`classes`) or with targets (`targetShape`), in the order in which they are to be
 * seen. What a model sees is `x * scale + offset`.
 */
export interface DataStream {
  /** Tells one stream from another, in errors and where a checkpoint goes on ['stream']. */
  readonly name?: string;
  /** Samples of an epoch [as many as come]. */
  readonly size?: number;
  readonly inputShape: Shape;
  readonly classes?: number;
  /** The name of class i at i. */
  readonly classNames?: readonly string[];
  readonly targetShape?: Shape;
  /** [1/255 for bytes, else 1] */
  readonly scale?: number;
  /** [0] */
  readonly offset?: number;
  /** The batches of an epoch from a position on, of any length. It is asked anew for each epoch; the same position must give the same samples. */
  batches(from: StreamPosition): AsyncIterable<StreamBatch>;
}

/** What has batches to give is meant for a stream; what else it says of itself is looked at by `streamDescription`. */
export function isStream(value: unknown): value is DataStream {
  return has(value, 'batches') && typeof (value as { batches: unknown }).batches === 'function';
}

const FIELDS = 'name size inputShape classes classNames targetShape scale offset batches'.split(' ');

/** A stream as a data set without samples. Throws an OptionError or ShapeError where its own words are wrong; its samples are looked at as they come. */
export function streamDescription(stream: DataStream): Omit<Dataset, 'x' | 'y'> {
  const { name = 'stream', size, inputShape, classes, classNames, targetShape, scale = 1, offset = 0 } = stream;
  if (typeof name !== 'string') throw new OptionError(`stream: name must be a text, got ${shown(name)}`);
  const where = `stream "${name}"`;
  // An object of a class has a state of its own.
  if (Object.getPrototypeOf(stream) === Object.prototype) refuseUnknown(where, stream, FIELDS);
  for (const [key, shape] of Object.entries({ inputShape, targetShape })) {
    if (shape === undefined && key === 'targetShape') continue;
    if (!Array.isArray(shape)) throw new OptionError(`${where}: ${key} must be an array of sizes, got ${shown(shape)}`);
    checkShape(`${where}: ${key}`, shape);
  }
  if (size !== undefined && (!Number.isSafeInteger(size) || size < 1))
    throw new OptionError(`${where}: size must be a number of samples, got ${shown(size)}`);
  if (classes !== undefined && (!Number.isSafeInteger(classes) || classes < 1))
    throw new OptionError(`${where}: classes must be a positive integer, got ${shown(classes)}`);
  if ((classes === undefined) === (targetShape === undefined))
    throw new OptionError(`${where}: give either classes (y holds class indices) or targetShape (y holds values to regress)`);
  const names = classNames !== undefined && { classNames: namesOfClasses(where, classNames, classes) };
  const goal = targetShape ? { targetShape } : { ...(classes !== undefined && { classes }) };
  return { name, split: 'train', size: size ?? Number.POSITIVE_INFINITY, inputShape, scale, offset, ...goal, ...names };
}

/** What tells a stream from another, since nobody can look at all of its samples. */
export function streamIdentity({ name = 'stream', size, inputShape, classes, targetShape, scale, offset }: DataStream): string {
  return `stream ${JSON.stringify({ name, size, inputShape, classes, targetShape, scale, offset })}`;
}

/** What a reader read: the first `count` samples of arrays that the next reading overwrites. */
export interface Read {
  readonly x: Dataset['x'];
  readonly y: Float32Array;
  readonly count: number;
  /** Whether the epoch ends with them. */
  readonly endsEpoch: boolean;
}

/** Reads a stream epoch after epoch and repacks its batches, whatever their lengths, into readings of a length asked for. */
export class StreamReader {
  private readonly where: string;
  private readonly sampleLength: number;
  private readonly targetLength: number;
  private iterator: AsyncIterator<StreamBatch> | undefined;
  /** The batch that is being read, and how many of its samples were. */
  private batch: Dataset | undefined;
  private taken = 0;
  private epoch: number;
  /** Samples of this epoch that came before the next batch, those left out included. */
  private seen: number;
  private skipped: number;
  private isWaiting = false;
  private closed = false;
  private x: Dataset['x'] | undefined;
  private readonly y: Float32Array;

  /** `most`: samples of the longest reading. */
  constructor(
    private readonly stream: DataStream,
    from: StreamPosition,
    private readonly most: number,
  ) {
    this.where = `stream "${stream.name ?? 'stream'}"`;
    this.sampleLength = elements(stream.inputShape);
    this.targetLength = elements(stream.targetShape ?? []);
    this.epoch = from.epoch;
    this.seen = from.skip;
    this.skipped = from.skip;
    this.y = new Float32Array(most * this.targetLength);
  }

  /** A data set as large as the longest reading, of zeros. It waits for the first batch, which tells whether samples are bytes or floats. */
  async emptyReading(): Promise<Dataset> {
    const first = await this.first();
    if (!first || !this.x) throw this.error('it has no samples');
    const { name = 'stream', classNames } = this.stream;
    return { ...first, name, ...(classNames && { classNames }), size: this.most, x: this.x, y: this.y };
  }

  /** Reads so many samples, or those that are left of the epoch, and looks whether there are more. Throws a DataError that says where what was wrong. */
  async read(count: number): Promise<Read> {
    let read = 0;
    let present = await this.first();
    for (; present && read < count; present = await this.present()) {
      const samples = Math.min(count - read, present.size - this.taken);
      this.copy(present, samples, read);
      read += samples;
      this.taken += samples;
    }
    const endsEpoch = present === undefined;
    if (endsEpoch) {
      const { size } = this.stream;
      if (this.seen === 0) throw this.error('it has no samples');
      if (size !== undefined && this.seen < size)
        throw this.error(`it ended after ${this.seen} samples, but its size is ${size}`);
      this.nextEpoch();
    }
    if (!this.x) throw new Error('Nothing was read');
    return { x: this.x, y: this.y, count: read, endsEpoch };
  }

  /** Lets go of the stream: what it has opened it may close. */
  async close(): Promise<void> {
    this.closed = true;
    // What its return throws, or gives, changes nothing of how the reading ended.
    const ended = (async () => this.iterator?.return?.())().catch(() => undefined);
    // A stream that is waiting for its next batch hears of it behind that.
    if (!this.isWaiting) await ended;
  }

  /** The batch to begin with: where the position was the end of its epoch, the next one's. */
  private async first(): Promise<Dataset | undefined> {
    const present = await this.present();
    if (present || this.skipped === 0) return present;
    this.nextEpoch();
    return this.present();
  }

  private nextEpoch(): void {
    this.iterator = undefined;
    this.epoch++;
    this.seen = 0;
    this.skipped = 0;
  }

  /** The batch to read on in; undefined at the epoch's end. */
  private async present(): Promise<Dataset | undefined> {
    while (!this.batch || this.taken === this.batch.size) {
      this.batch = undefined;
      this.taken = 0;
      const next = await this.pull();
      if (next === undefined) return undefined;
      if (next) this.batch = next;
    }
    return this.batch;
  }

  /** The next batch, looked at; undefined at the epoch's end, null for one without samples. */
  private async pull(): Promise<Dataset | undefined | null> {
    this.isWaiting = true;
    try {
      this.iterator ??= this.begin();
      const { done, value } = await this.iterator.next();
      if (this.closed) throw this.error('it was closed');
      return done ? undefined : this.looked(value);
    } catch (error) {
      throw error instanceof DataError || error instanceof OptionError ? error : this.error('it failed', error);
    } finally {
      this.isWaiting = false;
    }
  }

  private begin(): AsyncIterator<StreamBatch> {
    const batches = this.stream.batches({ epoch: this.epoch, skip: this.skipped });
    if (!has(batches, Symbol.asyncIterator as unknown as string))
      throw new OptionError(
        `${this.where}: batches must give an async iterable, as async *batches({ epoch, skip }) does, got ${shown(batches)}`,
      );
    return batches[Symbol.asyncIterator]();
  }

  private looked(batch: StreamBatch): Dataset | null {
    if (!isRecord(batch) || !ArrayBuffer.isView(batch.x) || !ArrayBuffer.isView(batch.y))
      throw this.error(`a batch must be { x, y }, typed arrays both, got ${shown(batch)}`);
    const { x, y } = batch;
    if (x.length === 0 && y.length === 0) return null;
    const { inputShape, classes, targetShape, scale, offset } = this.stream;
    const rest = { inputShape, ...(classes !== undefined && { classes }), ...(targetShape && { targetShape }) };
    const given = { ...rest, ...(scale !== undefined && { scale }), ...(offset !== undefined && { offset }), x, y };
    const looked = datasetAt(`${this.where}: epoch ${this.epoch}, the batch behind ${this.seen} samples`, given);
    if (this.x && looked.x instanceof Uint8Array !== this.x instanceof Uint8Array)
      throw this.error('its batches are partly bytes, partly floats; give all of them as one or the other');
    this.x ??=
      looked.x instanceof Uint8Array
        ? new Uint8Array(this.most * this.sampleLength)
        : new Float32Array(this.most * this.sampleLength);
    this.seen += looked.size;
    const { size } = this.stream;
    if (size !== undefined && this.seen > size) throw this.error(`it gave ${this.seen} samples or more, but its size is ${size}`);
    return looked;
  }

  private copy({ x, y }: Dataset, samples: number, to: number): void {
    const part = (length: number) => [this.taken * length, (this.taken + samples) * length] as const;
    this.x?.set(x.subarray(...part(this.sampleLength)), to * this.sampleLength);
    this.y.set(y.subarray(...part(this.targetLength)), to * this.targetLength);
  }

  private error(what: string, cause?: unknown): DataError {
    const because = cause === undefined ? '' : `: ${cause instanceof Error ? cause.message : shown(cause)}`;
    const { epoch, seen } = this;
    return new DataError(`${this.where}, epoch ${epoch}, behind ${seen} samples: ${what}${because}`, { cause });
  }
}
