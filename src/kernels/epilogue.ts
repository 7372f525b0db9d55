import { type ElementwiseActivation, LINEAR } from '../core/activation.ts';
import { definitionOf } from '../core/activations/registry.ts';
import type { Constants } from '../gpu/composer.ts';
import { activationConstants } from './activation-constants.ts';

/** Dropout inside a kernel. Seed and step come from the training state, unless they are given here. */
export interface DropoutSpec {
  readonly rate: number;
  readonly layer: number;
  readonly fixed?: { readonly seed: number; readonly step: number };
}

/** What a kernel does to each value before it stores it; see shaders/lib/epilogue.wgsl. */
export interface Epilogue {
  readonly activation: ElementwiseActivation;
  readonly dropout?: DropoutSpec;
  /** The value is the gradient of an activation's output, and becomes that of its input. */
  readonly gradient: boolean;
}

export const NO_EPILOGUE: Epilogue = { activation: LINEAR, gradient: false };

/** Whether the kernel draws random numbers: a derivative that tells 0 from other outputs shows what was dropped. */
function draws({ activation, dropout, gradient }: Epilogue): boolean {
  return (dropout?.rate ?? 0) > 0 && !(gradient && definitionOf(activation.kind).derivativeIsStep);
}

/** Whether the epilogue is so much text that drivers should not write it out for each value. */
export function isLong(epilogue: Epilogue): boolean {
  return draws(epilogue) || definitionOf(epilogue.activation.kind).transcendental;
}

export function epilogueConstants(epilogue: Epilogue): Constants {
  const { activation, dropout, gradient } = epilogue;
  const rate = dropout?.rate ?? 0;
  return {
    ...activationConstants(activation),
    EPILOGUE_GRADIENT: gradient,
    // Where nothing is drawn, drivers would take in the random numbers only to throw them away.
    dropout: { piece: draws(epilogue) ? 'dropout' : 'no-dropout' },
    DROPOUT: rate > 0,
    DROPOUT_THRESHOLD: Math.floor(rate * 2 ** 32),
    DROPOUT_SCALE: { f32: 1 / (1 - rate) },
    DROPOUT_LAYER: { given: dropout?.layer ?? 0 },
    DROPOUT_FROM_STATE: dropout?.fixed === undefined,
    DROPOUT_SEED: dropout?.fixed?.seed ?? 0,
    DROPOUT_STEP: dropout?.fixed?.step ?? 0,
  };
}
