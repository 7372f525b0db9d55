import type { ElementwiseActivation } from '../core/activation.ts';
import { definitionOf, type ElementwiseKind } from '../core/activations/registry.ts';
import type { Constants } from '../gpu/composer.ts';

/** Puts an activation in the place of `//#import activation`. */
export function activationConstants({ kind, options }: ElementwiseActivation): Constants {
  const { derivativeFrom, derivativeIsStep } = definitionOf(kind);
  return {
    activation: { piece: activationPiece(kind) },
    FROM_INPUT: derivativeFrom === 'input',
    DERIVATIVE_IS_STEP: derivativeIsStep,
    ...Object.fromEntries(Object.entries(options).map(([name, value]) => [name.toUpperCase(), { f32: value }])),
  };
}

/** The name of the shared piece that is an activation's code. */
export function activationPiece(kind: ElementwiseKind): string {
  return `activation/${kind}`;
}
