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
import type { ElementwiseKind } from '../core/activations/registry.ts';
import { activationPiece } from './activation-constants.ts';

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
  /* @__PURE__ */ Object.entries(SOURCES).map(([kind, source]) => [activationPiece(kind as ElementwiseKind), source]),
);
