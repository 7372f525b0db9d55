import { meanAccuracy, type StudySettings, type TrialRecord } from 'paredown/node';
import { exactPercent } from './values.ts';

/** What is said of a search that had nothing more to try while its budget allowed more. */
export function whyEnded(
  { strategy, problem }: Pick<StudySettings, 'strategy' | 'problem'>,
  records: readonly TrialRecord[],
): string {
  if (strategy !== 'pare')
    return 'The search ended before its budget: within the space and the limits there was nothing more to try.';
  const descended = records.filter(({ origin }) => origin.strategy === 'pare');
  const start = descended.at(-1);
  if (!start || descended.some(({ origin }) => origin.change !== 'the start'))
    return 'The descent has ended before its budget: nothing more can be taken away.';
  const { outcome } = start;
  if (outcome.status !== 'trained')
    return `The descent could not begin, since the training of its start ended: ${outcome.reason}.`;
  const accuracy = (100 * (meanAccuracy(start) ?? 0)).toFixed(2);
  return `The descent could not begin: its start comes to ${accuracy}%, and the floor is ${exactPercent(problem.floor)} with room for chance. Give a better one.`;
}
