import { complexity } from 'paredown/node';
import { percent } from '../common/format.ts';
import { mean } from './progress.ts';

/** The paper's claim: "10 times less complexity for 2 points of precision". */
export interface Claim {
  readonly text: string;
  /** By measurement; undefined where it can't be told. */
  readonly held: boolean | undefined;
  readonly byModel?: { readonly times: number; readonly configuration: complexity.Configuration };
  readonly byMeasurement?: {
    readonly times: number;
    readonly precision: number;
    readonly configuration: complexity.Configuration;
  };
}

const POINTS = 0.02;
const TIMES = 10;

/** Whether what was measured shows the claim, and what equation 7 says. */
export function claimOf(
  { baseline, fitted, curve, unitMs }: complexity.Analysis,
  measurements: readonly complexity.Measurement[],
): Claim {
  const below = curve.find(({ floor }) => Math.abs(floor - (baseline.precision - POINTS)) < 1e-9);
  const byModel = below && fitted && { times: fitted.complexity / below.complexity, configuration: below.configuration };
  const [best] = measurements
    .flatMap(({ configuration, outcome }) =>
      outcome.status === 'trained' && mean(outcome.accuracy) >= baseline.precision - POINTS
        ? [{ configuration, times: unitMs / outcome.stepMs, precision: mean(outcome.accuracy) }]
        : [],
    )
    .sort((a, b) => b.times - a.times);
  const found = best !== undefined && best.times >= TIMES;
  // One parameter at a time, or a few of them, can show that it is so, but not that it is not.
  const held = found ? true : byModel ? false : undefined;
  const verdict = held === undefined ? 'neither confirmed nor refuted' : held ? 'confirmed' : 'refuted';
  const model = byModel
    ? `by the fitted models ${times(byModel.times)} less (${complexity.nameOf(byModel.configuration)})`
    : 'equation 7 was not solved';
  const measured = best
    ? `of all that was measured, ${complexity.nameOf(best.configuration)} takes ${times(best.times)} less at ${percent(best.precision)}`
    : 'nothing measured comes within 2 points of the baseline';
  return {
    held,
    byModel,
    byMeasurement: best,
    text: `"10 times less complexity for 2 points of precision" is ${verdict} on these data and this adapter: from the baseline's ${percent(baseline.precision)}, 2 points down, ${model}; ${measured}.`,
  };
}

function times(value: number): string {
  return `${value.toPrecision(3)} times`;
}
