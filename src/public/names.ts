// What is light enough to come with everything.
export {
  DataError,
  DeviceLostError,
  DivergedError,
  GpuError,
  LimitError,
  NoAdapterError,
  OptionError,
  ShapeError,
} from '../core/errors.ts';
export { VERSION } from '../core/version.ts';
export { opNames } from '../ops/registry.ts';
