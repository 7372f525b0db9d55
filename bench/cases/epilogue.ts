import { activationOf } from '../../src/core/activation.ts';
import { definitionOf } from '../../src/core/activations/registry.ts';
import type { Epilogue } from '../../src/kernels/epilogue.ts';
import { activationStep } from '../../src/reference/activation.ts';
import { dropout } from '../../src/reference/dropout.ts';
import type { Tensor64 } from '../../src/reference/reference.ts';
import { SEED, STEP } from './layout.ts';

/** What a kernel reads to take an activation's gradient, and what once went into that activation. */
interface Saved extends Tensor64 {
  readonly before: Tensor64;
}

/** What an epilogue makes of a kernel's values; `saved` belongs to the activation whose gradient it takes. */
export function applyEpilogue(epilogue: Epilogue, values: Tensor64, saved: Saved | undefined): Tensor64 {
  const attributes = { activation: activationOf(epilogue.activation) };
  if (!epilogue.gradient) return dropped(epilogue, activationStep('benchmark', attributes).forward(values));
  if (!saved) return values;
  return activationStep('benchmark', attributes).gradient(saved.before, dropped(epilogue, values));
}

/** What an epilogue's activation and dropout leave for the kernel that takes their gradient. */
export function savedBy(epilogue: Epilogue, drawn: Tensor64): Saved {
  const fromInput = definitionOf(epilogue.activation.kind).derivativeFrom === 'input';
  return { ...(fromInput ? drawn : applyEpilogue({ ...epilogue, gradient: false }, drawn, undefined)), before: drawn };
}

/** How far float32 may be off the exact value after the epilogue. Shader and reference agree exactly on all but these. */
export function epilogueError({ activation: { kind }, dropout: spec }: Epilogue, value: number): number {
  // The scale, its product with the value, and the slope's.
  const products = 2 ** -22 * Math.abs(value);
  const scaling = spec && spec.rate > 0 ? products : 0;
  if (kind === 'linear' || kind === 'relu') return scaling;
  if (kind === 'leakyRelu') return products + scaling;
  return 2e-5 * (1 + Math.abs(value)) + scaling;
}

/** `, relu, dropout` as labels have it. */
export function epilogueLabel({ activation: { kind }, dropout, gradient }: Epilogue): string {
  const name = gradient ? `${kind}'` : kind;
  return `${kind === 'linear' ? '' : `, ${name}`}${dropout && dropout.rate > 0 ? ', dropout' : ''}`;
}

function dropped({ dropout: spec }: Epilogue, values: Tensor64): Tensor64 {
  if (!spec || spec.rate === 0) return values;
  const { seed, step } = spec.fixed ?? { seed: SEED, step: STEP };
  return dropout.forward({ x: values }, { rate: spec.rate, layer: spec.layer, seed, step });
}
