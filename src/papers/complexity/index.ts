// The study of Ke et al.: what complexity and precision have to do with filters, input size, kernel and layers.

export { type Coefficient, type Fit, type Formula, fitFormula, type Observation } from '../../search/fits/fit.ts';
export {
  type Configuration,
  LETTERS,
  PARAMETERS,
  type Parameter,
  precisionFormula,
  type Shares,
} from '../../search/fits/precision.ts';
export { type AnalyseOptions, type Analysis, analyse, WITHIN } from './analyse.ts';
export {
  arithmetic,
  candidateValues,
  extents,
  nameOf,
  networkOf,
  PUBLISHED_BASELINE,
  PUBLISHED_VALUES,
  shares,
  type Values,
} from './configuration.ts';
export { leastComplex, type Minimiser, type Predicted } from './curve.ts';
export { design, drawChecks, grid, PAIRS, shareGrid, sweep } from './design.ts';
export type { Fitted } from './fitted.ts';
export { COMPLEXITY, EXTENDED_COMPLEXITY, exponentialsFormula, type Work, workOf } from './formulas.ts';
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
export type { Sample } from './sample.ts';
