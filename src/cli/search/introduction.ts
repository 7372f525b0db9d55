import { type Conclusion, countsLatency, type Gpu, type StudySettings, VERSION } from 'paredown/node';
import type { LoadedData } from '../common/data-source.ts';
import { duration, grouped } from '../common/format.ts';
import type { StudyBudget } from './budget.ts';
import { adapterOf } from './settings.ts';
import { limitsOf } from './size.ts';
import { exactPercent } from './values.ts';

interface Introduced {
  readonly folder: string;
  readonly settings: StudySettings;
  readonly data: LoadedData;
  readonly gpu: Gpu;
  readonly workers: number;
  /** Those that were asked for. */
  readonly asked: number;
  readonly budget: StudyBudget;
  readonly trials: number;
  /** The last look at a test set. */
  readonly looked?: Conclusion;
  /** Of the present test set. */
  readonly testHash: string;
}

/** What a person is told before a search begins or goes on. */
export function introduction({
  folder,
  settings,
  data,
  gpu,
  workers,
  asked,
  budget,
  trials,
  looked,
  testHash,
}: Introduced): string {
  const { problem, strategy, software } = settings;
  const { train, validation, test } = data;
  const full = problem.rungs.at(-1) ?? 0;
  const epochs = Number((full / train.size).toPrecision(2));
  const limits = limitsOf(problem);
  const adapter = adapterOf(gpu);
  return [
    ...data.notes,
    `${data.name}: ${grouped(train.size)} images to train on, ${grouped(validation.size)} to choose by, ${grouped(test.size)} for one look at the end`,
    `Floor ${exactPercent(problem.floor)}${limits && `, ${limits}`}, by strategy ${strategy}; a training of full length sees ${grouped(full)} images (${epochs} epoch${epochs === 1 ? '' : 's'})`,
    `${adapter}, ${workers === 1 ? 'one trial at a time' : `${workers} trials side by side`}`,
    ...(asked > workers
      ? [
          `The study was begun for at most ${workers === 1 ? 'one trial' : `${workers} trials`} at once: --workers ${asked} helps a new study`,
        ]
      : []),
    ...(adapter === software.adapter
      ? []
      : [`The study was begun on ${software.adapter}: the same training may come to other last digits here`]),
    ...(software.version === VERSION
      ? []
      : [`The study was begun by paredown ${software.version}, this is ${VERSION}: it may choose and train in another way`]),
    ...(looked && looked.testHash !== testHash
      ? [
          `${looked.testHash === undefined ? 'No hash was kept of the test set that was looked at' : 'The test set is another than the one that was looked at'} on ${looked.date.slice(0, 10)}: the end of the search looks at the present one anew`,
        ]
      : []),
    ...(workers > 1 && countsLatency(problem.objective)
      ? ['Trials side by side disturb the latencies that are measured: --workers 1 measures them alone']
      : []),
    `Study: ${folder}${trials > 0 ? `, which holds ${grouped(trials)} trial${trials === 1 ? '' : 's'} of the search` : ''}; ${budgetInWords(budget)}, then the front`,
    '',
  ].join('\n');
}

/** `59 min 30 s of searching left of 1 h 00 min`, `until 20 trials`. */
function budgetInWords({ budget, minutes: spent }: StudyBudget): string {
  const { minutes, trials, samples } = budget;
  const left = minutes === undefined ? 0 : Math.max(0, minutes - spent);
  const words = [
    ...(minutes === undefined
      ? []
      : [
          spent < 0.001 * minutes
            ? `${duration(60_000 * minutes)} of searching`
            : `${duration(60_000 * left)} of ${duration(60_000 * minutes)} of searching left`,
        ]),
    ...(trials === undefined ? [] : [`until there are ${grouped(trials)} trials`]),
    ...(samples === undefined ? [] : [`until ${grouped(samples)} training samples were seen`]),
  ];
  return words.join(' or ');
}
