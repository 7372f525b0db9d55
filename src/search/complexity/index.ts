// The study of Ke et al.: what complexity and precision have to do with filters, input size, kernel and layers.
export { type AnalyseOptions, type Analysis, analyse, WITHIN } from './analyse.ts';
export {
  arithmetic,
  type Configuration,
  candidateValues,
  extents,
  LETTERS,
  nameOf,
  networkOf,
  PARAMETERS,
  type Parameter,
  PUBLISHED_BASELINE,
  PUBLISHED_VALUES,
  shares,
  type Values,
} from './configuration.ts';
export type { Minimiser } from './curve.ts';
export { design, drawChecks, grid, PAIRS, shareGrid, sweep } from './design.ts';
export { type Coefficient, type Fit, type Formula, fitFormula, type Observation } from './fit.ts';
export type { Fitted } from './fitted.ts';
export {
  COMPLEXITY,
  EXTENDED_COMPLEXITY,
  exponentialsFormula,
  precisionFormula,
  type Shares,
  type Work,
  workOf,
} from './formulas.ts';
export {
  type Clock,
  type ComplexitySetup,
  checkImages,
  complexityContext,
  type Measured,
  type Measurement,
  type Measurements,
  type MeasureOptions,
  measureConfigurations,
  WALL_CLOCK,
} from './measure.ts';
export { leastComplex, type Predicted } from './minimise.ts';
export type { Sample } from './sample.ts';
