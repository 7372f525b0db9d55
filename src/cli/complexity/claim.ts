import { complexity, statistics } from 'paredown/node';
import { grouped, percent } from '../common/format.ts';
import { difference } from './difference.ts';

/** The paper's claim: "10 times less complexity for 2 points of precision". */
export interface Claim {
  /** The verdict with its figures and, as a second paragraph, what it asks for. */
  readonly text: string;
  /** Undefined where it can't be told. */
  readonly held: boolean | undefined;
  readonly byModel?: { readonly times: number; readonly configuration: complexity.Configuration };
  /** The fastest that shows it; else the most accurate that takes 10 times less; else the fastest within 2 points. */
  readonly byMeasurement?: Beside;
  /** How many measured configurations take 10 times less. */
  readonly tried: number;
}

/** A measured configuration beside the baseline. */
export interface Beside {
  readonly configuration: complexity.Configuration;
  /** How many times less it takes. */
  readonly times: number;
  readonly precision: number;
  /** How far its precision lies above the baseline's less 2 points, and the standard error of that. */
  readonly margin: number;
  readonly standardError: number;
  readonly degreesOfFreedom: number;
}

const POINTS = 0.02;
const TIMES = 10;
const CONFIDENCE = 0.95;

type Models = Pick<complexity.Analysis, 'baseline' | 'fitted' | 'curve' | 'unitMs'>;

/** Whether the measurements of a study, the baseline's among them, show the claim, and what equation 7 says of it. */
export function claimOf(models: Models, measurements: readonly complexity.Measurement[], images: number): Claim {
  const { baseline, fitted, curve } = models;
  const below = curve.find(({ floor }) => Math.abs(floor - (baseline.precision - POINTS)) < 1e-9);
  const byModel = below && fitted && { times: fitted.complexity / below.complexity, configuration: below.configuration };
  const all = besideBaseline(models, measurements, images);
  const tried = all.filter(({ times }) => times >= TIMES);
  const { held, decisive } = judged(tried, byModel?.times);
  const within = all.filter(({ margin }) => margin >= 0);
  const byMeasurement = decisive ?? greatest(within, ({ times }) => times);
  const verdict = held === undefined ? 'neither confirmed nor refuted' : held ? 'confirmed' : 'refuted';
  const model = byModel
    ? `the fitted models give ${inTimes(byModel.times)} less (${complexity.nameOf(byModel.configuration)})`
    : 'equation 7 was not solved';
  const point = `At ${percent(baseline.precision - POINTS)}, 2 points below the baseline's ${percent(baseline.precision)}`;
  const text = [
    `"10 times less complexity for 2 points of precision" is ${verdict} on these data and this adapter. ${point}, ${model}; ${measured(byMeasurement, tried.length, held)}.`,
    criterion(measurements, images, decisive && errorsAsked(decisive, tried.length)),
  ].join('\n\n');
  return { held, byModel, byMeasurement, tried: tried.length, text };
}

/** What those that take 10 times less show, and which of them is to be named. */
function judged(tried: readonly Beside[], byModel: number | undefined): Pick<Claim, 'held'> & { decisive: Beside | undefined } {
  const reach = (one: Beside) => errorsAsked(one, tried.length) * one.standardError;
  const showing = tried.filter((one) => one.margin > reach(one));
  if (showing.length > 0) return { held: true, decisive: greatest(showing, ({ times }) => times) };
  const missed = tried.every((one) => one.margin < -reach(one));
  // One parameter at a time, or a few of them, can show that it is so, but not that it is not.
  const refuted = missed && byModel !== undefined && byModel < TIMES;
  return { held: refuted ? false : undefined, decisive: greatest(tried, ({ margin }) => margin) };
}

/** Standard errors that a margin must have. Of many the best lies above by chance: the confidence is that of all together. */
function errorsAsked({ degreesOfFreedom }: Beside, tried: number): number {
  return statistics.tQuantile(1 - (1 - CONFIDENCE) / tried, degreesOfFreedom);
}

/** Those that were trained, without the baseline itself. */
function besideBaseline({ baseline, unitMs }: Models, measurements: readonly complexity.Measurement[], images: number): Beside[] {
  const isBaseline = ({ configuration }: complexity.Measurement) =>
    complexity.nameOf(configuration) === complexity.nameOf(baseline.configuration);
  const reference = measurements.find(isBaseline)?.outcome;
  if (reference?.status !== 'trained') return [];
  return measurements.flatMap((one): Beside[] => {
    const { configuration, outcome } = one;
    if (outcome.status !== 'trained' || isBaseline(one)) return [];
    const { value, ...error } = difference(outcome.accuracy, reference.accuracy, images);
    const times = unitMs / outcome.stepMs;
    return [{ configuration, times, precision: statistics.mean(outcome.accuracy), margin: value + POINTS, ...error }];
  });
}

function greatest(all: readonly Beside[], by: (one: Beside) => number): Beside | undefined {
  return all.reduce<Beside | undefined>((best, one) => (best && by(best) >= by(one) ? best : one), undefined);
}

function measured(one: Beside | undefined, tried: number, held: boolean | undefined): string {
  if (!one) return 'nothing that was measured takes 10 times less, and nothing comes within 2 points';
  const { configuration, times, precision, margin, standardError } = one;
  const points = `${(100 * Math.abs(margin)).toFixed(2)} points ${margin < 0 ? 'below' : 'above'}, with a standard error of ${(100 * standardError).toFixed(2)}`;
  const figures = `${complexity.nameOf(configuration)}, takes ${inTimes(times)} less at ${percent(precision)}: ${points}`;
  if (tried === 0) return `nothing that was measured takes 10 times less; the fastest within 2 points, ${figures}`;
  return `of the ${tried} measured that take at least 10 times less, the ${held ? 'fastest that shows it' : 'most accurate'}, ${figures}`;
}

/** What the verdict asks for, in words; `errors`: as standard errors of the configuration that is shown. */
function criterion(measurements: readonly complexity.Measurement[], images: number, errors: number | undefined): string {
  const seeds = Math.max(...measurements.map(({ outcome }) => (outcome.status === 'trained' ? outcome.accuracy.length : 0)));
  const amount = errors === undefined ? '' : ` (${errors.toFixed(2)} standard errors)`;
  const spread =
    seeds > 1 ? `, and of the spread of ${seeds} seeds` : '; one seed was trained, whose spread is not known and comes on top';
  return `Confirmed: one of those measured that take at least 10 times less lies above beyond its error${amount}, by a one-sided test at 95% for all of them together. Refuted: all of them lie below as far, and the models, too, give less than 10 times. The standard error is that of two shares of ${grouped(images)} images${spread}. The times are taken as measured.`;
}

function inTimes(value: number): string {
  return `${value.toPrecision(3)} times`;
}
