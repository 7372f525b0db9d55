import type { Activation, ElementwiseActivation } from '../../src/core/activation.ts';
import type { Epilogue } from '../../src/kernels/epilogue.ts';
import { activationStep } from '../../src/reference/activation.ts';
import { dropout } from '../../src/reference/dropout.ts';
import type { Tensor64 } from '../../src/reference/reference.ts';
import { SEED, STEP } from './layout.ts';

/** What an epilogue makes of a kernel's values; `saved` is the output of the activation whose gradient it takes. */
export function applyEpilogue(epilogue: Epilogue, values: Tensor64, saved: Tensor64 | undefined): Tensor64 {
  const attributes = { activation: activationOf(epilogue.activation) };
  if (!epilogue.gradient) return dropped(epilogue, activationStep('benchmark', attributes).forward(values));
  if (!saved) return values;
  const kept = dropped(epilogue, values);
  const scale = epilogue.dropout ? 1 - epilogue.dropout.rate : 1;
  return { shape: values.shape, data: kept.data.map((value, i) => value * derivative(epilogue, (saved.data[i] ?? 0) * scale)) };
}

/** The output of an epilogue's activation and dropout, for the kernel that takes their gradient. */
export function savedBy(epilogue: Epilogue, drawn: Tensor64): Tensor64 {
  return applyEpilogue({ ...epilogue, gradient: false }, drawn, undefined);
}

/** How far float32 may be off the exact value after the epilogue. Shader and reference agree exactly on all but these. */
export function epilogueError({ activation: { kind } }: Epilogue, value: number): number {
  if (kind === 'linear' || kind === 'relu') return 0;
  if (kind === 'leakyRelu') return 2 ** -22 * Math.abs(value);
  return 2e-5 * (1 + Math.abs(value));
}

/** `, relu, dropout` as labels have it. */
export function epilogueLabel({ activation: { kind }, dropout, gradient }: Epilogue): string {
  const name = gradient ? `${kind}'` : kind;
  return `${kind === 'linear' ? '' : `, ${name}`}${dropout && dropout.rate > 0 ? ', dropout' : ''}`;
}

function activationOf({ kind, slope }: ElementwiseActivation): Activation | undefined {
  if (kind === 'linear') return undefined;
  return kind === 'leakyRelu' ? { type: 'leakyRelu', slope } : kind;
}

function dropped({ dropout: spec }: Epilogue, values: Tensor64): Tensor64 {
  if (!spec || spec.rate === 0) return values;
  const { seed, step } = spec.fixed ?? { seed: SEED, step: STEP };
  return dropout.forward({ x: values }, { rate: spec.rate, layer: spec.layer, seed, step });
}

/** The activation's derivative, from its output. */
function derivative({ activation: { kind, slope } }: Epilogue, y: number): number {
  switch (kind) {
    case 'relu':
      return y > 0 ? 1 : 0;
    case 'leakyRelu':
      return y > 0 ? 1 : slope;
    case 'sigmoid':
      return y * (1 - y);
    case 'tanh':
      return 1 - y * y;
    case 'linear':
      return 1;
  }
}
