/** How a parameter is filled before training; see initialise.ts for the distributions. */
export type Init =
  | { readonly type: 'normal'; readonly stddev: number }
  | { readonly type: 'truncatedNormal'; readonly stddev: number }
  | { readonly type: 'heNormal' }
  | { readonly type: 'glorotUniform' }
  | { readonly type: 'zeros' }
  | { readonly type: 'constant'; readonly value: number };

export const normal = (stddev: number): Init => Object.freeze({ type: 'normal', stddev });
export const truncatedNormal = (stddev: number): Init => Object.freeze({ type: 'truncatedNormal', stddev });
/** N(0, 2 / fanIn): He, Zhang, Ren, Sun, "Delving deep into rectifiers", ICCV 2015. */
export const heNormal = (): Init => Object.freeze({ type: 'heNormal' });
/** Uniform in +-sqrt(6 / (fanIn + fanOut)): Glorot, Bengio, AISTATS 2010. */
export const glorotUniform = (): Init => Object.freeze({ type: 'glorotUniform' });
/** All 0. */
export const zeros = (): Init => Object.freeze({ type: 'zeros' });
export const constant = (value: number): Init => Object.freeze({ type: 'constant', value });
