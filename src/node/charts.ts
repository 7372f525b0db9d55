import type { CurveOptions, CurvePoint } from '../report/curves.ts';
import type { HeatMapOptions } from '../report/heat-map.ts';
import type { PlotOptions } from '../report/plot.ts';

/** A run's loss and accuracy against the step as SVG text. The charting library is loaded when a chart is first drawn. */
export async function trainingCurves(points: readonly CurvePoint[], options: CurveOptions = {}): Promise<string> {
  const curves = await import('../report/curves.ts');
  return curves.trainingCurves(points, options);
}

/** Series of points over two axes as SVG text: lines, points with bars of error, or both. */
export async function plot(options: PlotOptions): Promise<string> {
  const plots = await import('../report/plot.ts');
  return plots.plot(options);
}

/** A table of numbers as coloured cells, as SVG text. */
export async function heatMap(options: HeatMapOptions): Promise<string> {
  const maps = await import('../report/heat-map.ts');
  return maps.heatMap(options);
}
