import type { CurveOptions, CurvePoint } from '../report/curves.ts';

/** A run's loss and accuracy against the step as SVG text. The charting library is loaded when this is first called. */
export async function trainingCurves(points: readonly CurvePoint[], options: CurveOptions = {}): Promise<string> {
  const curves = await import('../report/curves.ts');
  return curves.trainingCurves(points, options);
}
