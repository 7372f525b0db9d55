import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { DataError } from '../../core/errors.ts';
import type { InputDescription } from '../../data/input-description.ts';
import { inheritWeights } from '../../inherit/inherit-weights.ts';
import type { Model } from '../../model/types.ts';
import type { Weights } from '../../model/weights.ts';
import type { Outcome, Trial, TrialRecord } from '../trial.ts';

/** A network that a search starts with, and its weights. */
export interface Start {
  readonly model: Model;
  readonly weights: Weights;
}

/** What weights are looked for in. */
export interface WeightsSources {
  readonly study: {
    readonly records: readonly TrialRecord[];
    weights(record: TrialRecord): Promise<readonly Weights[] | undefined>;
    addWeights(record: TrialRecord, weights: readonly Weights[], input?: InputDescription): Promise<void>;
  };
  readonly start?: Start;
  /** What the networks take: is kept with weights. */
  readonly input?: InputDescription;
}

/** What weights that were lost are made again by. */
export interface Maker {
  readonly evaluator: {
    evaluate(
      trial: Trial,
      options: { readonly keep: boolean; readonly initial?: Weights; readonly limitMs?: number; readonly signal?: AbortSignal },
    ): Promise<{ readonly outcome: Outcome; readonly weights?: readonly Weights[]; readonly lost?: boolean }>;
  };
  /** Milliseconds that a training may take [no limit]. */
  readonly limitOf?: (trial: Trial) => number | undefined;
  readonly signal?: AbortSignal;
}

/** Why weights that were lost could not be made again. */
export interface NotMade {
  readonly outcome: Exclude<Outcome, { readonly status: 'trained' }>;
  /** See `Evaluated`. */
  readonly lost?: boolean;
}

interface Made {
  /** Of every training of the trial. */
  readonly weights: readonly Weights[];
  /** They are what the trial came to; else another adapter or version made something else of it. */
  readonly same: boolean;
}

/** By which a trial names the weights that were given with the start: `start-` and a hash of them. */
export function startKey(weights: Weights): string {
  const hash = sha256.create();
  for (const [name, { shape, data }] of [...weights].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(utf8ToBytes(JSON.stringify([name, shape])));
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return `start-${bytesToHex(hash.digest()).slice(0, 24)}`;
}

/** Weights of a study's trials, for trials that begin with them. What was lost is made again by the same training, once. */
export class HandedDown {
  /** What is being made again, and what came to something else than the study knows, and so is not kept there. */
  private readonly made = new Map<string, Promise<Made | NotMade>>();
  private readonly startKey: string | undefined;

  constructor(private readonly sources: WeightsSources) {
    this.startKey = sources.start && startKey(sources.start.weights);
  }

  /**
   * What a trial begins with, handed down to its network; no weights for one that begins from nothing. Throws a DataError where the study
   * does not hold the trial that they are of.
   */
  async initial(trial: Trial, maker: Maker): Promise<{ readonly weights?: Weights } | NotMade> {
    const { inherits, model, seeds } = trial;
    if (!inherits) return {};
    const { key, replica } = inherits;
    const seed = seeds[0] ?? 0;
    const { start, study } = this.sources;
    if (start && key === this.startKey) return { weights: inheritWeights(start.model, start.weights, model, seed).weights };
    const record = study.records.find((known) => known.key === key);
    if (!record)
      throw new DataError(
        key.startsWith('start-')
          ? 'A trial begins with the weights that the search was started with: give the same start again'
          : `A trial begins with the weights of trial ${key}, which the study does not hold: are lines missing in its trials.jsonl?`,
      );
    const found = await this.of(record, maker);
    if ('outcome' in found) return notBegun(record, found);
    const handed = found.weights[replica];
    if (!handed)
      throw new DataError(`The weights of trial ${record.number + 1} (${key}) are lost, and it can't be trained again`);
    const importance = record.outcome.status === 'trained' ? record.outcome.importance : undefined;
    return { weights: inheritWeights(record.model, handed, model, seed, importance).weights };
  }

  /** Of every training of a trial. Where they are lost they are made again, and kept where they came to the same as before. */
  async of(record: TrialRecord, maker: Maker): Promise<Made | NotMade> {
    const making = this.made.get(record.key);
    if (making) {
      const found = await making;
      // Who made them has lost the device, not who waited.
      return 'outcome' in found && found.lost ? this.of(record, maker) : found;
    }
    const made = this.find(record, maker);
    this.made.set(record.key, made);
    const isToStay = await made.then(
      (found) => 'weights' in found && !found.same,
      () => false,
    );
    if (!isToStay) this.made.delete(record.key);
    return made;
  }

  private async find(record: TrialRecord, maker: Maker): Promise<Made | NotMade> {
    const { study, input } = this.sources;
    const kept = await study.weights(record);
    if (kept) return { weights: kept, same: true };
    const begun = await this.initial(record, maker);
    if ('outcome' in begun) return begun;
    const { evaluator, limitOf, signal } = maker;
    const options = { keep: true, ...(begun.weights && { initial: begun.weights }), limitMs: limitOf?.(record), signal };
    const { weights = [], outcome, lost } = await evaluator.evaluate(record, options);
    if (outcome.status !== 'trained') return { outcome, lost };
    const same = weights.length > 0 && figuresOf(outcome) === figuresOf(record.outcome);
    if (same) await study.addWeights(record, weights, input);
    return { weights, same };
  }
}

/** What a trial comes to that could not begin. */
function notBegun({ number }: TrialRecord, { outcome, lost }: NotMade): NotMade {
  const reason = `the weights of trial ${number + 1}, which it begins with, are lost, and could not be made again: ${outcome.reason}`;
  return { outcome: outcome.status === 'stopped' ? { status: 'stopped', reason, after: 0 } : { ...outcome, reason }, lost };
}

/** To compare by; version 0.1 kept no curves. */
function figuresOf(outcome: Outcome): string {
  const { status, accuracy, loss } = { accuracy: undefined, loss: undefined, ...outcome };
  return JSON.stringify({ status, accuracy, loss });
}
