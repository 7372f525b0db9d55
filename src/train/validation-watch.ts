import { isRecord } from '../core/arguments.ts';
import { KeptParameters } from '../plan/kept-parameters.ts';
import type { ParameterRequest } from '../plan/parameters.ts';
import { afterEvaluation, type EarlyStopping, type StopProgress, type StopState, stopProgress } from './early-stopping.ts';
import type { Evaluation } from './inference.ts';
import { evaluationOf } from './loss.ts';
import type { TrainerParts } from './parts.ts';
import { afterPlateau, type Plateau, type PlateauState } from './plateau.ts';

/** What a fit does about evaluations that no longer improve, every choice made. */
export interface WatchSettings {
  readonly stop: Required<EarlyStopping> | undefined;
  readonly plateau: Required<Plateau> | undefined;
}

/** What is known of each replica; plain data. */
export interface WatchState {
  /** What the evaluations were of: values of other data, another metric or another loss can't be compared. */
  readonly of: string;
  readonly replicas: readonly { readonly stop?: StopState; readonly plateau?: PlateauState }[];
}

/** What a replica's progress tells of it. */
export interface WatchedProgress {
  readonly stop?: StopProgress;
  readonly learningRate?: number;
}

/**
 * Watches the evaluations within a fit: stops it early, lowers learning rates, and keeps the weights that shall come back, of each
 * replica its own. A replica whose training has ended is not trained further while others are.
 */
export class ValidationWatch {
  private constructor(
    private readonly parts: TrainerParts,
    private settings: WatchSettings,
    private known: WatchState,
    private readonly kept: KeptParameters | undefined,
  ) {}

  /** Throws a LimitError where the device has no memory for the weights to be kept. */
  static async begin(parts: TrainerParts, settings: WatchSettings, validation: string): Promise<ValidationWatch> {
    const replicas = parts.settings.learningRates.map((rate) => ({ ...(settings.plateau && { plateau: { rate } }) }));
    // Of one replica nothing is trained behind its end.
    const keeps = settings.stop && (settings.stop.best || replicas.length > 1);
    const kept = keeps ? new KeptParameters(parts.workspace, parts.parameters, keptRequests(parts)) : undefined;
    try {
      await parts.workspace.settled();
    } catch (error) {
      kept?.destroy();
      throw error;
    }
    return new ValidationWatch(parts, settings, { of: identity(parts, settings, validation), replicas }, kept);
  }

  /** What a checkpoint brought along; `goesOnWith` gives it the settings of a fit. */
  static restored(parts: TrainerParts, state: WatchState, tensors: readonly KeptTensor[]): ValidationWatch {
    const kept = tensors.length > 0 ? new KeptParameters(parts.workspace, parts.parameters, keptRequests(parts)) : undefined;
    for (const { request, data } of tensors) kept?.write(request, data);
    return new ValidationWatch(parts, { stop: undefined, plateau: undefined }, state, kept);
  }

  /** Whether a fit goes on where this one was broken off; else its values mean nothing to it. */
  goesOnWith(settings: WatchSettings, validation: string): boolean {
    if (this.known.of !== identity(this.parts, settings, validation)) return false;
    this.settings = settings;
    return true;
  }

  get state(): WatchState {
    return this.known;
  }

  /** Reads what is kept, for a checkpoint. */
  async keptTensors(): Promise<KeptTensor[]> {
    const { kept } = this;
    if (!kept) return [];
    const requests = keptRequests(this.parts);
    const read = await kept.read(requests);
    return requests.map((request, index) => ({ request, data: read[index] as Float32Array }));
  }

  get learningRates(): readonly number[] {
    return this.parts.settings.learningRates.map((rate, replica) => {
      const { stop, plateau } = this.known.replicas[replica] ?? {};
      return stop?.stopped === undefined ? (plateau?.rate ?? rate) : 0;
    });
  }

  /** Whether every replica's training has ended. */
  get isOver(): boolean {
    return this.known.replicas.every(({ stop }) => stop?.stopped !== undefined);
  }

  /** Takes an evaluation of each replica in. Nothing must be in flight. */
  note(evaluations: readonly Evaluation[], step: number): void {
    const { stop, plateau } = this.settings;
    const replicas = this.known.replicas.map((before, replica) => {
      const evaluation = evaluations[replica];
      if (!evaluation || before.stop?.stopped !== undefined) return before;
      const now = stop && afterEvaluation(before.stop, stop, evaluation, step);
      if (stop?.best ? now?.step === step : now?.stopped === step) this.kept?.keep(replica);
      const rate = plateau && before.plateau && afterPlateau(before.plateau, plateau, evaluation, step);
      return { ...(now && { stop: now }), ...(rate && { plateau: rate }) };
    });
    this.known = { ...this.known, replicas };
    this.parts.state.writeLearningRates(this.learningRates);
  }

  progress(replica: number): WatchedProgress {
    const { stop } = this.known.replicas[replica] ?? {};
    const { settings } = this;
    return {
      ...(stop && settings.stop && { stop: stopProgress(stop, settings.stop) }),
      ...(settings.plateau && { learningRate: this.learningRates[replica] ?? 0 }),
    };
  }

  /** At the end of a fit: brings the weights back that were kept. Nothing must be in flight. */
  end(): void {
    const brings = ({ stop }: { readonly stop?: StopState }) => this.settings.stop?.best || stop?.stopped !== undefined;
    this.known.replicas.forEach((replica, index) => {
      if (brings(replica)) this.kept?.bringBack(index);
    });
    this.forget();
  }

  /** Frees what is kept. */
  forget(): void {
    this.kept?.destroy();
  }
}

/** A kept slot of a replica's parameter, read or to be written. */
export interface KeptTensor {
  readonly request: ParameterRequest;
  readonly data: Float32Array;
}

/** What of each replica is kept: all that an evaluation depends on. */
export function keptRequests({ settings, variables, parameters }: TrainerParts): ParameterRequest[] {
  return settings.seeds.flatMap((_, replica) =>
    variables.flatMap((parameter) =>
      (['value', 'average'] as const)
        .filter((slot) => parameters.hasSlot(parameter, slot))
        .map((slot) => ({ parameter, slot, replica })),
    ),
  );
}

/** The state of a watch as a checkpoint has it; undefined where it is none. */
export function watchStateOf(value: unknown, replicas: number): WatchState | undefined {
  if (!isRecord(value) || typeof value.of !== 'string' || !Array.isArray(value.replicas)) return undefined;
  const isWhole = value.replicas.length === replicas && value.replicas.every(isReplicaState);
  return isWhole ? (value as unknown as WatchState) : undefined;
}

function isReplicaState(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { stop, plateau } = value;
  return (stop === undefined || hasNumbers(stop, STOP)) && (plateau === undefined || hasNumbers(plateau, PLATEAU));
}

const STOP = { best: true, step: true, waited: true, stopped: false };
const PLATEAU = { rate: true, best: false, step: false, waited: false };

/** Whether a record's fields are numbers; `true`: one that must be there. */
function hasNumbers(value: unknown, fields: Readonly<Record<string, boolean>>): boolean {
  return (
    isRecord(value) &&
    Object.entries(fields).every(([name, isNeeded]) => (value[name] === undefined ? !isNeeded : typeof value[name] === 'number'))
  );
}

/** Evaluations of other data, of another metric or loss, of averaged weights and of others, or from other learning rates can't be compared. */
function identity({ settings }: TrainerParts, { stop, plateau }: WatchSettings, validation: string): string {
  const rates = plateau && settings.learningRates;
  const evaluation = { ...evaluationOf(settings), averaged: settings.averaging !== undefined };
  return JSON.stringify({ validation, stop: stop && [stop.metric, stop.best], plateau: plateau?.metric, rates, evaluation });
}
