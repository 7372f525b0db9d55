import * as forward from '../src/kernels/forward.ts';

// For what lowers graphs by itself, without `loadFamilies`: every kernel family is there then.
await Promise.all(Object.values(forward).map((family) => family.pending?.()));
