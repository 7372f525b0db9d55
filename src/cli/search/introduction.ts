import { type Budget, type Conclusion, countsLatency, type Gpu, type StudySettings, VERSION } from 'paredown/node';
import { duration, grouped } from '../common/format.ts';
import type { StudyBudget } from './budget.ts';
import type { PartedData } from './parted-data.ts';
import type { Queued } from './queue.ts';
import { adapterOf, epochsOf } from './settings.ts';
import { aimOf, limitsOf } from './size.ts';
import { exactPercent } from './values.ts';

interface Introduced {
  readonly folder: string;
  readonly settings: StudySettings;
  readonly data: PartedData;
  readonly gpu: Gpu;
  readonly workers: number;
  /** Those that were asked for. */
  readonly asked: number;
  /** Where trials leave this machine. */
  readonly queued?: Queued;
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
  queued,
  budget,
  trials,
  looked,
  testHash,
}: Introduced): string {
  const { problem, strategy, software } = settings;
  const { train, validation, confirmation, test } = data;
  const full = problem.rungs.at(-1) ?? 0;
  const epochs = epochsOf(problem, settings);
  const limits = limitsOf(problem);
  const adapter = adapterOf(gpu);
  const { minutes } = budget.budget;
  const holds = trials > 0 ? `, which holds ${grouped(trials)} trial${trials === 1 ? '' : 's'} of the search` : '';
  return [
    `${trials > 0 ? 'Goes on with the search' : 'Searches'} for the network with ${aimOf(problem)} that holds ${exactPercent(problem.floor)} on ${data.name}`,
    `Study: ${folder}${holds}; ${budgetInWords(budget)}, ${minutes === undefined ? 'then the confirmation of what was found' : 'the confirmation of what is found included'}. Ctrl-C stops, the same command goes on`,
    ...(budget.replaces ? [`This budget takes the place of the one before: ${amountsOf(budget.replaces).join(' or ')}`] : []),
    ...data.notes,
    `${data.name}: ${grouped(train.size)} images to train on, ${grouped(validation.size)} to choose by, ${confirmation ? `${grouped(confirmation.size)} kept back to confirm by, ` : ''}${grouped(test.size)} for one look at the end`,
    ...flattered(trials, data),
    `Floor ${exactPercent(problem.floor)}${limits && `, ${limits}`}, by strategy ${strategy}; a training of full length sees ${grouped(full)} images (${epochs} epoch${epochs === 1 ? '' : 's'})`,
    ...(queued
      ? [
          `Trials go to ${queued.url}, at most ${grouped(workers)} at once. On each machine that is to train, and here:`,
          `  ${queued.worker}`,
          ...(queued.worker.includes('PASSWORD') ? ["  (write the queue's password for PASSWORD)"] : []),
          `  (with --study ${queued.id} it trains for this search alone)`,
        ]
      : [`Trains on ${adapter}, ${workers === 1 ? 'one trial at a time' : `${workers} trials side by side`}`]),
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
    ...(!queued && workers > 1 && countsLatency(problem.objective)
      ? ['Trials side by side disturb the latencies that are measured: --workers 1 measures them alone']
      : []),
    '',
  ].join('\n');
}

/** Of validation data that were not parted, before the first trial. */
function flattered(trials: number, { validation, confirmation }: PartedData): string[] {
  if (confirmation || trials > 0) return [];
  return [
    `${grouped(validation.size)} images to choose by are too few to keep some back: what is found owes a part of its validation accuracy to having been chosen on them`,
  ];
}

/** `59 min 30 s of searching left of 1 h 00 min`, `until 20 trials`. */
function budgetInWords({ budget, minutes: spent }: StudyBudget): string {
  const { minutes = 0 } = budget;
  const [searching, ...rest] = amountsOf(budget);
  if (budget.minutes === undefined || spent < 0.001 * minutes) return amountsOf(budget).join(' or ');
  return [`${duration(60_000 * Math.max(0, minutes - spent))} left of ${searching}`, ...rest].join(' or ');
}

function amountsOf({ minutes, trials, samples }: Budget): string[] {
  return [
    ...(minutes === undefined ? [] : [`${duration(60_000 * minutes)} of searching`]),
    ...(trials === undefined ? [] : [`until there are ${grouped(trials)} trials`]),
    ...(samples === undefined ? [] : [`until ${grouped(samples)} training samples were seen`]),
  ];
}
