import { abortError } from '../core/errors.ts';
import { elements } from '../core/value.ts';
import type { Dataset } from '../data/dataset.ts';
import { type DataStream, type Read, type StreamPosition, StreamReader } from '../data/stream.ts';
import type { Command } from '../gpu/commands.ts';
import type { BatchSource, Supply } from './batch-source.ts';
import { orAborted } from './or-aborted.ts';
import type { TrainerParts } from './parts.ts';
import type { TrainingPosition } from './position.ts';
import { ResidentData } from './resident.ts';
import type { TrainingStep } from './training-step.ts';

/** Bytes, and steps, of the longest shard: what is ready on the GPU while the next one is read. */
const SHARD_BYTES = 16 * 2 ** 20;
const SHARD_STEPS = 256;
/** Steps of the first shard, so that training begins soon; each next one is twice as long. */
const FIRST_STEPS = 4;

export interface StreamSourceOptions {
  readonly stream: DataStream;
  /** Where in it to begin. */
  readonly from: StreamPosition;
  readonly parts: TrainerParts;
  readonly planned: TrainingStep;
  readonly position: TrainingPosition;
  readonly signal: AbortSignal | undefined;
  /** How many steps are still to be trained. */
  stepsLeft(): number;
  /** Called before the steps of a shard of so many samples are submitted. */
  begin(samples: number): void;
  /** Called when it is known behind which step an epoch ends. */
  endEpoch(step: number): void;
}

interface Shard {
  readonly resident: ResidentData;
  readonly commands: readonly Command[];
}

/** A shard with samples in it. */
interface Filled extends Pick<Read, 'count' | 'endsEpoch'> {
  readonly shard: Shard;
}

/**
 * The batches of a stream: two shards on the GPU by turns, of which one is trained on while the next is read and uploaded. No more memory
 * is taken however long the stream is.
 */
export class StreamSource implements BatchSource {
  private filling: Promise<Filled> | undefined;
  isReady = false;
  private endsEpoch = false;
  private until = 0;
  private turn = 0;
  private closed = false;

  private constructor(
    private readonly options: StreamSourceOptions,
    private readonly reader: StreamReader,
    private readonly shards: readonly [Shard, Shard],
    /** As many as a shard takes, without their values: what the stream is of. */
    readonly samples: Dataset,
    /** Milliseconds that compiling took; undefined where there was nothing to compile. */
    readonly compileMs: number | undefined,
    private readonly longest: number,
    private steps: number,
  ) {}

  /** Waits for the stream's first batch. Throws a LimitError where the device has no memory for two shards. */
  static async open(options: StreamSourceOptions): Promise<StreamSource> {
    const { stream, from, parts, planned, signal } = options;
    const { batch } = parts.settings;
    const sampleBytes = 4 * (elements(stream.inputShape) + elements(stream.targetShape ?? []));
    const longest = Math.max(1, Math.min(SHARD_STEPS, Math.floor(SHARD_BYTES / (batch * sampleBytes))));
    const reader = new StreamReader(stream, from, longest * batch);
    const shards: Shard[] = [];
    try {
      const empty = await orAborted(reader.emptyReading(), signal);
      if (!empty) throw abortError(signal?.reason);
      for (let shard = 0; shard < 2; shard++) {
        const resident = await ResidentData.create(parts.workspace.gpu, empty);
        shards.push({ resident, commands: await planned.on(resident, false).catch(freeing(resident)) });
      }
      const [first, second] = shards;
      if (!first || !second) throw new Error('There are two shards');
      const compileMs = await planned.compile([...first.commands, ...second.commands]);
      return new StreamSource(options, reader, [first, second], empty, compileMs, longest, Math.min(FIRST_STEPS, longest));
    } catch (error) {
      for (const { resident } of shards) resident.destroy();
      await reader.close();
      throw error;
    }
  }

  async next(): Promise<Supply> {
    const { position, begin, endEpoch } = this.options;
    const { shard, count, endsEpoch } = await (this.filling ?? this.fill(this.options.stepsLeft()));
    this.until = position.step + Math.ceil(count / this.options.parts.settings.batch);
    this.endsEpoch = endsEpoch;
    if (endsEpoch) endEpoch(this.until);
    begin(count);
    // The other shard's steps were all submitted: what is written to it now, they do not see.
    this.isReady = false;
    const left = this.options.stepsLeft() - (this.until - position.step);
    this.filling = left > 0 ? this.fill(left) : undefined;
    // Who asks for it meets a failure.
    this.filling?.then(
      () => {
        this.isReady = true;
      },
      () => undefined,
    );
    return { commands: shard.commands, until: this.until };
  }

  submitted(steps: number): void {
    const { position, parts, from } = this.options;
    const { epoch, skip } = position.stream ?? from;
    const isLast = this.endsEpoch && position.step === this.until;
    position.stream = isLast ? { epoch: epoch + 1, skip: 0 } : { epoch, skip: skip + steps * parts.settings.batch };
  }

  /** Lets go of the stream and frees the shards. Nothing must be in flight. */
  async close(): Promise<void> {
    this.closed = true;
    await this.reader.close();
    for (const { resident } of this.shards) resident.destroy();
  }

  /** Reads the next samples into the shard whose turn it is. */
  private async fill(stepsLeft: number): Promise<Filled> {
    const shard = this.shards[this.turn % 2] as Shard;
    this.turn++;
    const { batch } = this.options.parts.settings;
    const { x, y, count, endsEpoch } = await this.reader.read(Math.min(this.steps, stepsLeft) * batch);
    this.steps = Math.min(this.longest, 2 * this.steps);
    if (this.closed) throw new Error('The stream was closed');
    shard.resident.refill({ x, y });
    return { shard, count, endsEpoch };
  }
}

function freeing(resident: ResidentData): (error: unknown) => never {
  return (error) => {
    resident.destroy();
    throw error;
  };
}
