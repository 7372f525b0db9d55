import type { TrainingReport } from '../../engine/calls.ts';

/** Points of a chart, at the most. */
export const MOST_POINTS = 600;

export interface CurvePoint {
  readonly step: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly validation?: TrainingReport['validation'];
}

/**
 * Few enough points to draw, however long a training is: as many reports in a row as it takes become one, at the step of the last, with
 * their mean loss and accuracy and the latest validation among them.
 */
export function curvePoints(reports: readonly CurvePoint[], most = MOST_POINTS): readonly CurvePoint[] {
  if (reports.length <= most) return reports;
  const each = Math.ceil(reports.length / most);
  return Array.from({ length: Math.ceil(reports.length / each) }, (_, index) => {
    const together = reports.slice(index * each, (index + 1) * each);
    const mean = (pick: (report: CurvePoint) => number) =>
      together.reduce((sum, report) => sum + pick(report), 0) / together.length;
    const validation = together.filter((report) => report.validation).at(-1)?.validation;
    return {
      step: together.at(-1)?.step ?? 0,
      loss: mean(({ loss }) => loss),
      accuracy: mean(({ accuracy }) => accuracy),
      ...(validation && { validation }),
    };
  });
}
