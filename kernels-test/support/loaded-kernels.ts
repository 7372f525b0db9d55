import * as forward from '../../src/kernels/forward.ts';

// To be imported by tests that lower graphs by themselves, without `loadFamilies`: every kernel family is there then.
await Promise.all(Object.values(forward).map((family) => family.pending?.()));
