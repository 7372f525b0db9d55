import type { CurveOptions, CurvePoint } from '../report/curves.ts';
import type { HeatMapOptions } from '../report/heat-map.ts';
import type { PlotOptions } from '../report/plot.ts';

export async function trainingCurves(points: readonly CurvePoint[], options: CurveOptions = {}): Promise<string> {
  const curves = await import('../report/curves.ts');
  return curves.trainingCurves(points, options);
}

export async function plot(options: PlotOptions): Promise<string> {
  const plots = await import('../report/plot.ts');
  return plots.plot(options);
}

export async function heatMap(options: HeatMapOptions): Promise<string> {
  const maps = await import('../report/heat-map.ts');
  return maps.heatMap(options);
}
