import { Random } from '../core/random.ts';
import { elements } from '../core/value.ts';
import type { Parameter } from './resolve.ts';

/**
 * The parameter's values before training: `index`, its position in `parametersOf(m)`, is its random stream under `seed`, so
 * that the same seed gives the same bits in every engine.
 */
export function initialValue(parameter: Parameter, index: number, seed: number): Float32Array {
  const { init, fanIn, fanOut, shape } = parameter;
  const values = new Float32Array(elements(shape));
  const random = new Random(seed, index);
  switch (init.type) {
    case 'zeros':
      return values;
    case 'constant':
      return values.fill(init.value);
    case 'normal':
      return fill(values, () => init.stddev * random.normal());
    case 'heNormal': {
      const stddev = Math.sqrt(2 / fanIn);
      return fill(values, () => stddev * random.normal());
    }
    case 'truncatedNormal':
      return fill(values, () => init.stddev * truncated(random));
    case 'glorotUniform': {
      const limit = Math.sqrt(6 / (fanIn + fanOut));
      return fill(values, () => limit * (2 * random.uniform() - 1));
    }
  }
}

function fill(values: Float32Array, draw: () => number): Float32Array {
  for (let i = 0; i < values.length; i++) values[i] = draw();
  return values;
}

function truncated(random: Random): number {
  for (;;) {
    const deviate = random.normal();
    if (Math.abs(deviate) <= 2) return deviate;
  }
}
