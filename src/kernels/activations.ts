import elu from '../../shaders/activation/elu.wgsl';
import gelu from '../../shaders/activation/gelu.wgsl';
import hardSigmoid from '../../shaders/activation/hardSigmoid.wgsl';
import hardSwish from '../../shaders/activation/hardSwish.wgsl';
import leakyRelu from '../../shaders/activation/leakyRelu.wgsl';
import linear from '../../shaders/activation/linear.wgsl';
import relu from '../../shaders/activation/relu.wgsl';
import relu6 from '../../shaders/activation/relu6.wgsl';
import sigmoid from '../../shaders/activation/sigmoid.wgsl';
import silu from '../../shaders/activation/silu.wgsl';
import tanh from '../../shaders/activation/tanh.wgsl';
import type { ElementwiseActivation } from '../core/activation.ts';
import { definitionOf, type ElementwiseKind } from '../core/activations/registry.ts';
import type { Constants } from '../gpu/composer.ts';

const SOURCES: Readonly<Record<ElementwiseKind, string>> = {
  linear,
  relu,
  leakyRelu,
  sigmoid,
  tanh,
  elu,
  gelu,
  silu,
  hardSwish,
  hardSigmoid,
  relu6,
};

/** The code of each activation, as shared pieces by the name that `activationConstants` asks for. */
export const activationPieces: Readonly<Record<string, string>> = /* @__PURE__ */ Object.fromEntries(
  /* @__PURE__ */ Object.entries(SOURCES).map(([kind, source]) => [pieceOf(kind as ElementwiseKind), source]),
);

/** Puts an activation in the place of `//#import activation`. */
export function activationConstants({ kind, options }: ElementwiseActivation): Constants {
  const { derivativeFrom, derivativeIsStep } = definitionOf(kind);
  return {
    activation: { piece: pieceOf(kind) },
    FROM_INPUT: derivativeFrom === 'input',
    DERIVATIVE_IS_STEP: derivativeIsStep,
    ...Object.fromEntries(Object.entries(options).map(([name, value]) => [name.toUpperCase(), { f32: value }])),
  };
}

function pieceOf(kind: ElementwiseKind): string {
  return `activation/${kind}`;
}
