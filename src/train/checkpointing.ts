import { isRecord } from '../core/arguments.ts';
import { DivergedError, OptionError, ShapeError } from '../core/errors.ts';
import { formatShape, sameShape } from '../core/value.ts';
import type { InputDescription } from '../data/input-description.ts';
import type { StreamPosition } from '../data/stream.ts';
import type { Checkpoint } from '../formats/checkpoint.ts';
import { inputOf } from '../formats/kind.ts';
import { parameterAttributes } from '../graph/sources.ts';
import type { Tensor } from '../graph/tensor.ts';
import { modelHash } from '../model/hash.ts';
import type { ParameterRequest, ParameterSlot, ParameterStore } from '../plan/parameters.ts';
import type { LossScaling } from '../plan/state.ts';
import type { PlanSummary } from '../plan/summary.ts';
import type { TrainerSettings } from './options.ts';
import type { TrainerParts } from './parts.ts';
import { type KeptTensor, keptRequests, type ValidationWatch, type WatchState, watchStateOf } from './validation-watch.ts';

/** What of a training is neither weights nor moments. */
export interface Restored {
  readonly step: number;
  readonly origin: number;
  readonly dataHash: string | undefined;
  /** What the model takes; checkpoints of before do not tell. */
  readonly input: InputDescription | undefined;
  readonly stream: StreamPosition | undefined;
  readonly variants: PlanSummary['variants'];
  /** Of each replica, in mixed precision. */
  readonly scaling?: readonly LossScaling[];
  /** What a fit that was broken off knew of its evaluations, and the weights that it kept. */
  readonly watch?: { readonly state: WatchState; readonly kept: readonly KeptTensor[] };
}

/** What became NaN or infinite, as an error says it. */
const WHAT = { value: 'weights', moment1: 'moments', moment2: 'moments', average: 'weights' } as const;

const SLOTS: readonly ParameterSlot[] = ['value', 'moment1', 'moment2', 'average'];

/** Reads weights, moments and loss scales and joins them with the position in the training. Tensors are named `<replica>/<slot>/<parameter>`. */
export async function checkpointOf(
  { settings, network, parameters, variables, state }: TrainerParts,
  position: Omit<Restored, 'scaling' | 'watch'>,
  watch: ValidationWatch | undefined,
): Promise<Checkpoint> {
  const wanted = slotsOf(variables, parameters, settings.replicas);
  const watched = watch && { watch: watch.state };
  const { sharing: _, ...recorded } = settings;
  // All is asked for now, so that no step comes between them.
  const [data, scaling, kept = []] = await Promise.all([
    parameters.read(wanted),
    settings.precision === 'mixed' ? state.readScaling() : undefined,
    watch?.keptTensors(),
  ]);
  const tensors = new Map(
    wanted.map((request, index) => [tensorName(request), { shape: request.parameter.shape, data: data[index] as Float32Array }]),
  );
  for (const { parameter, slot, replica } of wanted) {
    const { data } = tensors.get(tensorName({ parameter, slot, replica })) ?? { data: [] };
    if (!data.every(Number.isFinite)) throw new DivergedError(position.step, replica, WHAT[slot]);
  }
  for (const { request, data } of kept) tensors.set(keptName(request), { shape: request.parameter.shape, data });
  return {
    model: network.model,
    training: {
      format: 1,
      ...position,
      dataHash: position.dataHash ?? null,
      ...(scaling && { scaling }),
      ...watched,
      settings: recorded,
    },
    tensors,
  };
}

/** The checkpoint of a trainer that had these replicas alone, in this order; what a fit knew of its evaluations is left out. */
export function ofReplicas({ model, training, tensors }: Checkpoint, replicas: readonly number[]): Checkpoint {
  const { watch: _, scaling, settings, ...rest } = training;
  const some = (values: unknown) => (Array.isArray(values) ? replicas.map((replica): unknown => values[replica]) : values);
  const { seeds, learningRates, ...kept } = isRecord(settings) ? settings : {};
  const chosen = { ...kept, replicas: replicas.length, seeds: some(seeds), learningRates: some(learningRates) };
  const renamed = [...tensors].flatMap(([name, value]) => {
    const [replica = '', ...path] = name.split('/');
    const index = replicas.indexOf(Number(replica));
    return index < 0 || path[0] === 'kept' ? [] : [[[index, ...path].join('/'), value] as const];
  });
  return {
    model,
    training: { ...rest, settings: chosen, ...(scaling !== undefined && { scaling: some(scaling) }) },
    tensors: new Map(renamed),
  };
}

const FOREIGN = 'restore: the checkpoint was not made by a trainer of this version';

/** Writes a checkpoint's tensors to the GPU and returns the rest. Throws, before anything is written, where it is of another training. */
export function restoredFrom({ model: saved, training, tensors }: Checkpoint, parts: TrainerParts): Restored {
  const { settings, network, parameters, variables } = parts;
  if (modelHash(saved) !== modelHash(network.model))
    throw new ShapeError("restore: the checkpoint is of another model; make the trainer with the checkpoint's model");
  const { format, step, origin, dataHash, variants, scaling, input, stream, watch: watched } = training;
  if (
    format !== 1 ||
    !isCount(step) ||
    !isCount(origin) ||
    (dataHash !== null && typeof dataHash !== 'string') ||
    !(stream === undefined || isStreamPosition(stream)) ||
    !areVariants(variants)
  )
    throw new OptionError(FOREIGN);
  // The learning rate, the schedule, the loss and the augmentation may change from one stage of a training to the next; these may not.
  // Checkpoints of version 0.1 name no precision.
  const earlier: Partial<TrainerSettings> = { precision: 'f32', ...(training.settings as object) };
  for (const key of ['batch', 'replicas', 'precision'] as const)
    if (earlier[key] !== settings[key])
      throw new OptionError(
        `restore: the checkpoint was made with ${key} ${String(earlier[key])}, this trainer with ${settings[key]}`,
      );
  if (JSON.stringify(earlier.seeds) !== JSON.stringify(settings.seeds))
    throw new OptionError(
      `restore: the checkpoint was made with seed ${String(earlier.seeds)}, this trainer with ${String(settings.seeds)}`,
    );
  if (earlier.optimizer?.type !== settings.optimizer.type)
    throw new OptionError(
      `restore: the checkpoint was made with ${earlier.optimizer?.type}, this trainer with ${settings.optimizer.type}`,
    );

  if (JSON.stringify(earlier.quantization) !== JSON.stringify(settings.quantization))
    throw new OptionError(
      `restore: the checkpoint was made with ${bitsOf(earlier)}, this trainer with ${bitsOf(settings)}; give the trainer the same, or its weights by setWeights`,
    );

  const described = input === undefined ? undefined : inputOf('restore: input', input, network.model);

  const scalings = settings.precision === 'mixed' ? scalingsOf(scaling, settings.replicas) : undefined;

  const state = watched === undefined ? undefined : watchStateOf(watched, settings.replicas);
  if (watched !== undefined && !state) throw new OptionError(FOREIGN);
  const watch = state && { state, kept: keptIn(tensors, parts) };

  const writes = slotsOf(variables, parameters, settings.replicas).map((request) => ({
    ...request,
    data: slotIn(tensors, request, tensorName),
  }));
  parameters.write(writes);
  return { step, origin, dataHash: dataHash ?? undefined, input: described, stream, variants, scaling: scalings, watch };
}

function bitsOf({ quantization }: Partial<TrainerSettings>): string {
  return quantization ? `quantization ${JSON.stringify(quantization)}` : 'no quantization';
}

/** The kept weights of a checkpoint, all or none. */
function keptIn(tensors: Checkpoint['tensors'], parts: TrainerParts): KeptTensor[] {
  const requests = keptRequests(parts);
  if (!requests.some((request) => tensors.has(keptName(request)))) return [];
  return requests.map((request) => ({ request, data: slotIn(tensors, request, keptName) }));
}

/** A training whose checkpoint has no averages begins them with the weights. */
function slotIn(tensors: Checkpoint['tensors'], request: ParameterRequest, nameOf: typeof tensorName): Float32Array {
  const name = nameOf(request);
  const found = request.slot === 'average' && !tensors.has(name) ? nameOf({ ...request, slot: 'value' }) : name;
  return tensorIn(tensors, found, request);
}

function tensorIn(tensors: Checkpoint['tensors'], name: string, { parameter }: ParameterRequest): Float32Array {
  const value = tensors.get(name);
  if (!value || !sameShape(value.shape, parameter.shape))
    throw new ShapeError(
      `restore: '${name}' must be ${formatShape(parameter.shape)}, the checkpoint has ${value ? formatShape(value.shape) : 'none'}`,
    );
  return value.data;
}

function slotsOf(variables: readonly Tensor[], parameters: ParameterStore, replicas: number): ParameterRequest[] {
  return Array.from({ length: replicas }, (_, replica) =>
    variables.flatMap((parameter) =>
      SLOTS.filter((slot) => parameters.hasSlot(parameter, slot)).map((slot) => ({ parameter, slot, replica })),
    ),
  ).flat();
}

function tensorName({ parameter, slot, replica }: ParameterRequest): string {
  return `${replica}/${slot}/${parameterAttributes(parameter).name}`;
}

function keptName({ parameter, slot, replica }: ParameterRequest): string {
  return `${replica}/kept/${slot}/${parameterAttributes(parameter).name}`;
}

function areVariants(value: unknown): value is PlanSummary['variants'] {
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).every((names) => Array.isArray(names) && names.every((name) => typeof name === 'string'));
}

/** One for each replica. */
function scalingsOf(value: unknown, replicas: number): readonly LossScaling[] {
  const scalings: readonly Partial<LossScaling>[] = Array.isArray(value) ? value : [];
  const whole = scalings.flatMap((one) => {
    const { scale, good, updates, skipped } = one ?? {};
    return isCount(scale) && scale > 0 && isCount(good) && isCount(updates) && isCount(skipped)
      ? [{ scale, good, updates, skipped }]
      : [];
  });
  if (scalings.length !== replicas || whole.length !== replicas) throw new OptionError(FOREIGN);
  return whole;
}

function isStreamPosition(value: unknown): value is StreamPosition {
  return isRecord(value) && isCount(value.epoch) && isCount(value.skip);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
