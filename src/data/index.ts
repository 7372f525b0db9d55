export { type Dataset, type DatasetOptions, dataset, subset } from './dataset.ts';
export { digits } from './digits.ts';
export { datasetHash } from './hash.ts';
export { type IdxArray, parseIdx } from './idx.ts';
export { describeInput, type InputDescription } from './input-description.ts';
export { quadrants } from './quadrants.ts';
export { resizeArea } from './resize.ts';
export { sine } from './sine.ts';
export { strokeDigits } from './stroke-digits.ts';
