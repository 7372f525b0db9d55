import { type Budget, bestOf, type Forecast, forecast, type Problem, type TrialRecord } from 'paredown/node';
import { duration } from '../common/format.ts';
import { paredownCommand } from '../common/invocation.ts';
import type { StudyBudget } from './budget.ts';
import { sizeOf } from './size.ts';

/** After so many trials whether the budget holds a confirmation is not asked any more. */
const ASKED = 200;
/** A confirmation may take so much of a study's time. */
const CONFIRMING_SHARE = 1 / 3;

/** Tells once how long trainings take here, and once that the budget seems to hold no confirmation. */
export class Outlook {
  private told = false;
  private warned = false;

  constructor(
    private readonly problem: Problem,
    private readonly budget: StudyBudget,
  ) {}

  /** What is to be told after a trial of the search. */
  after(records: readonly TrialRecord[]): string[] {
    if ((this.told && this.warned) || records.length > ASKED || bestOf(this.problem, records)) return [];
    const foreseen = forecast(this.problem, records);
    if (!foreseen) return [];
    const lines = this.told ? [] : [this.lengths(foreseen)];
    this.told = true;
    const { minutes } = this.budget.budget;
    const left = 60_000 * ((minutes ?? Number.POSITIVE_INFINITY) - this.budget.minutes);
    if (this.warned || foreseen.confirmationMs <= left) return lines;
    this.warned = true;
    return [...lines, this.warning(records, Math.max(0, left))];
  }

  private lengths({ record, fullMs, confirmationMs }: Forecast): string {
    const { seeds } = this.problem;
    return `By the trials so far a training of full length takes about ${duration(fullMs)} here, a confirmation from ${seeds.length} seeds ${duration(confirmationMs)} (the most promising network, ${sizeOf(this.problem, record)}).`;
  }

  private warning(records: readonly TrialRecord[], left: number): string {
    const more = goOnArguments(this.problem, records, this.budget).join(' ');
    return `In the ${duration(left)} that are left a confirmation will hardly end: the search may end without an answer. ${more} would do; it can be given afterwards.`;
  }
}

/** The option that makes a study, in which no network holds the floor, longer by what it seems to need. */
export function goOnArguments(
  problem: Problem,
  records: readonly TrialRecord[],
  { budget, minutes: spent }: StudyBudget,
): string[] {
  const { minutes, trials, samples } = budget;
  if (minutes === undefined) return typed({ trials: trials && 2 * trials, samples: samples && 2 * samples });
  const confirmation = (forecast(problem, records)?.confirmationMs ?? 0) / 60_000;
  return typed({ minutes: Math.ceil(Math.max(2 * minutes, spent + 1.5 * confirmation, confirmation / CONFIRMING_SHARE)) });
}

function typed(options: Budget): string[] {
  return Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, String(value)]));
}

/** How a study goes on in which no network holds the floor, in words. */
export function howToGoOn(problem: Problem, records: readonly TrialRecord[], folder: string, budget: StudyBudget): string {
  const foreseen = forecast(problem, records);
  const command = paredownCommand('search', '--study', folder, ...goOnArguments(problem, records, budget));
  const takes =
    foreseen && `; a confirmation from ${problem.seeds.length} seeds takes about ${duration(foreseen.confirmationMs)} here`;
  return `All that was trained is kept${takes ?? ''}. To go on, with about as much as it needs:\n  ${command}`;
}
