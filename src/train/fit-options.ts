import { checkArguments, type Kind, optional, RECORD, refuseUnknown } from '../core/arguments.ts';
import { abortError, DataError, OptionError } from '../core/errors.ts';
import type { Dataset } from '../data/dataset.ts';
import { DATASET } from '../data/kind.ts';
import { type DataStream, isStream, streamDescription } from '../data/stream.ts';
import { checkCount, checkSignal } from './checks.ts';
import { type EarlyStopping, earlyStopping } from './early-stopping.ts';
import { evaluationOf, hasLabels } from './loss.ts';
import { lossDefinition } from './losses/registry.ts';
import type { TrainerSettings } from './options.ts';
import type { TrainerParts } from './parts.ts';
import { type Plateau, plateauSpec } from './plateau.ts';
import { checkFits } from './resident.ts';
import type { WatchSettings } from './validation-watch.ts';

export interface FitOptions {
  /** Further steps, or epochs: one of the two. */
  readonly steps?: number;
  readonly epochs?: number;
  /** A data set to evaluate as training goes on, every so many steps [an epoch]. */
  readonly validate?: Dataset;
  readonly evaluateEvery?: number;
  /** End the training when evaluations of `validate` no longer improve. */
  readonly stop?: EarlyStopping;
  /** Lower the learning rate, of each replica its own, when evaluations of `validate` no longer improve. */
  readonly plateau?: Plateau;
  /** Steps between reports [as many as take about half a second]. */
  readonly reportEvery?: number;
  readonly signal?: AbortSignal;
}

const TRAINING_DATA: Kind = {
  ...DATASET,
  description: `${DATASET.description}, or a DataStream, { inputShape, classes, batches }`,
  is: (value) => isStream(value) || DATASET.is(value),
};

/** Throws an OptionError, ShapeError or DataError where a trainer can't be fitted so, an AbortError where the signal is aborted already. */
export function checkFit(data: Dataset | DataStream, options: FitOptions, { settings, network, graph }: TrainerParts): void {
  checkArguments('fit(train, { epochs: 3 })', { data: TRAINING_DATA, options: RECORD }, [data, options]);
  const { steps, epochs, validate, evaluateEvery, stop, plateau, reportEvery, signal, ...rest } = options;
  refuseUnknown('fit', rest, ['steps', 'epochs', 'validate', 'evaluateEvery', 'stop', 'plateau', 'reportEvery', 'signal']);
  if ((steps === undefined) === (epochs === undefined)) throw new OptionError('fit: give either steps or epochs');
  for (const [name, value] of Object.entries({ steps, epochs, evaluateEvery, reportEvery }))
    if (value !== undefined) checkCount(`fit: ${name}`, value);
  for (const [name, value] of Object.entries({ evaluateEvery, stop, plateau }))
    if (value !== undefined && !validate) throw new OptionError(`fit: ${name} needs a data set to evaluate: validate`);
  checkArguments('fit(train, { epochs: 3, validate: validation })', { validate: optional(DATASET) }, [validate]);
  const { batch, loss } = settings;
  const { input } = network.model;
  if (isStream(data) && lossDefinition(loss).goal === 'classes and logits')
    throw new DataError(
      `fit: a stream has no teacherLogits, from which ${loss} learns; train on a data set, dataset({ ..., teacherLogits })`,
    );
  if (isStream(data) && settings.classWeights === 'balanced')
    throw new OptionError(
      "fit: the samples of a stream are not counted beforehand, as classWeights 'balanced' need; give the trainer a number for each class",
    );
  const described = isStream(data) ? streamDescription(data) : data;
  checkFits(described, input, graph.outputShape, loss);
  if (validate) checkFits(validate, input, graph.outputShape, evaluationOf(settings).loss);
  const { name, split, size } = described;
  if (size < batch)
    throw new DataError(
      `fit: data set "${name}", split "${split}", has ${size} samples, fewer than one batch of ${batch}; use a batch of at most ${size}`,
    );
  watchSettings(options, settings);
  checkSignal('fit', signal);
  if (signal?.aborted) throw abortError(signal.reason);
}

/** What a fit does about evaluations, with defaults filled in. Throws an OptionError that names what is wrong. */
export function watchSettings({ stop, plateau }: FitOptions, { loss }: TrainerSettings): WatchSettings {
  const hasAccuracy = hasLabels(loss);
  const stops = stop === undefined ? undefined : earlyStopping(stop, hasAccuracy);
  return {
    stop: stops,
    plateau: plateau === undefined ? undefined : plateauSpec(plateau, stops?.metric ?? 'loss', hasAccuracy),
  };
}
