import { checkArguments, optional, RECORD } from '../core/arguments.ts';
import { abortError, DataError, OptionError } from '../core/errors.ts';
import type { Dataset } from '../data/dataset.ts';
import { DATASET } from '../data/kind.ts';
import { checkCount, checkSignal, refuseUnknown } from './checks.ts';
import type { TrainerParts } from './parts.ts';
import { checkFits } from './resident.ts';

export interface FitOptions {
  /** Further steps, or epochs: one of the two. */
  readonly steps?: number;
  readonly epochs?: number;
  /** A data set to evaluate as training goes on, every so many steps [an epoch]. */
  readonly validate?: Dataset;
  readonly evaluateEvery?: number;
  /** Steps between reports [as many as take about half a second]. */
  readonly reportEvery?: number;
  readonly signal?: AbortSignal;
}

/** Throws an OptionError, ShapeError or DataError where a trainer can't be fitted so; an AbortError where the signal is aborted already. */
export function checkFit(data: Dataset, options: FitOptions, { settings, network, graph }: TrainerParts): void {
  checkArguments('fit(train, { epochs: 3 })', { data: DATASET, options: RECORD }, [data, options]);
  const { steps, epochs, validate, evaluateEvery, reportEvery, signal, ...rest } = options;
  refuseUnknown('fit', rest, 'steps, epochs, validate, evaluateEvery, reportEvery, signal');
  if ((steps === undefined) === (epochs === undefined)) throw new OptionError('fit: give either steps or epochs');
  for (const [name, value] of Object.entries({ steps, epochs, evaluateEvery, reportEvery }))
    if (value !== undefined) checkCount(`fit: ${name}`, value);
  if (evaluateEvery !== undefined && !validate)
    throw new OptionError('fit: evaluateEvery needs a data set to evaluate: validate');
  checkArguments('fit(train, { epochs: 3, validate: validation })', { validate: optional(DATASET) }, [validate]);
  const { batch, loss } = settings;
  for (const one of validate ? [data, validate] : [data]) checkFits(one, network.model.input, graph.outputShape, loss);
  if (data.size < batch)
    throw new DataError(
      `fit: data set "${data.name}", split "${data.split}", has ${data.size} samples, fewer than one batch of ${batch}; use a batch of at most ${data.size}`,
    );
  checkSignal('fit', signal);
  if (signal?.aborted) throw abortError(signal.reason);
}
