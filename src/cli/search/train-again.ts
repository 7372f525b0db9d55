import { type DataSource, howTrained, type StudySettings, type TrialRecord } from 'paredown/node';
import { augmentationText } from '../common/augmentation.ts';
import { optimizerText } from '../common/training/optimizers.ts';
import { scheduleText } from '../common/training/schedules.ts';
import { setupOf } from './settings.ts';

/** What trains a network as a trial did, or why nothing can. */
export type TrainAgain = { readonly args: readonly string[] } | { readonly why: string };

/** The arguments of `paredown` that train the network of a file as a trial did from one of its seeds: to the same weights, on the same adapter. */
export function trainAgain(settings: StudySettings, record: TrialRecord, seed: number, file: string): TrainAgain {
  if (record.inherits)
    return { why: `it began with the weights of trial ${record.inherits.key}, handed down, and train begins from nothing` };
  const { batch, optimizer, learningRate, schedule, augment, averaging, labelSmoothing, steps } = howTrained(
    setupOf(settings),
    record,
    settings.data.train,
  );
  const augmented = augment && augmentationText(augment);
  if (augment && augmented === undefined) return { why: 'no option of train says how its images were augmented' };
  const { data, size, dir } = settings.data.source as DataSource;
  const options: Readonly<Record<string, string | number | undefined>> = {
    size,
    'data-dir': dir,
    model: file,
    steps,
    batch,
    optimizer: optimizerText(optimizer),
    'learning-rate': learningRate,
    schedule: scheduleText(schedule),
    averaging: averaging?.decay,
    augment: augmented,
    'label-smoothing': labelSmoothing > 0 ? labelSmoothing : undefined,
    seed,
  };
  const typed = Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, String(value)]));
  return { args: ['train', data, ...typed] };
}
