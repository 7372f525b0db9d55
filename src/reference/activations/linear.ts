import type { Curve } from './curve.ts';

/** y = x. */
export const linear: Curve = { value: (x) => x, gradient: (dy) => dy };
