import { published } from '../papers/published.ts';
import type { PublishedPoint, StudyReport } from '../report/study/report.ts';
import type { Conclusion } from '../search/conclusion.ts';
import { costsOf } from '../search/costs.ts';
import type { TrialRecord } from '../search/trial.ts';
import type { StudySettings } from '../search/written/settings.ts';
import { zoo } from '../zoo/zoo.ts';

/** What the pages of a study tell: its settings and what its folder holds. `testHash`: of the present test set, where it is at hand. */
export function studyReport(
  settings: StudySettings,
  kept: { readonly records: readonly TrialRecord[]; readonly conclusions: readonly Conclusion[]; readonly testHash?: string },
): StudyReport {
  const { problem, strategy, data, software, command, context } = settings;
  const { records, conclusions, testHash } = kept;
  const floor = `${Number((100 * problem.floor).toPrecision(12))}%`;
  return {
    title: `The smallest network for ${data.name} at ${floor}`,
    data,
    problem,
    strategy,
    setup: (context as { readonly setup?: object }).setup ?? {},
    software,
    ...(command !== undefined && { command }),
    date: new Date().toISOString(),
    records,
    conclusions,
    ...(testHash !== undefined && { testHash }),
    published: publishedPoints(settings),
  };
}

/** The published networks for the images of MNIST, each at its figure; where a row may mean two networks, both. */
function publishedPoints({ data, problem }: StudySettings): PublishedPoint[] {
  // A folder may bear any name, but is kept by its whole path.
  if (!('data' in data.source) || data.source.data !== 'mnist') return [];
  return published.flatMap(({ zoo: names, accuracy }) =>
    (names ?? []).flatMap((name) => {
      const model = zoo[name];
      if (!model || accuracy === null || model.input.join() !== problem.input.join()) return [];
      return [{ name, costs: costsOf(model), accuracy }];
    }),
  );
}
