import type { ElementwiseActivation } from '../../../core/activation.ts';
import type { ElementwiseKind } from '../../../core/activations/registry.ts';
import type { Curve } from '../../../reference/activations/curve.ts';
import { elu } from '../../../reference/activations/elu.ts';
import { gelu } from '../../../reference/activations/gelu.ts';
import { hardSigmoid } from '../../../reference/activations/hardSigmoid.ts';
import { hardSwish } from '../../../reference/activations/hardSwish.ts';
import { leakyRelu } from '../../../reference/activations/leakyRelu.ts';
import { linear } from '../../../reference/activations/linear.ts';
import { relu } from '../../../reference/activations/relu.ts';
import { relu6 } from '../../../reference/activations/relu6.ts';
import { sigmoid } from '../../../reference/activations/sigmoid.ts';
import { silu } from '../../../reference/activations/silu.ts';
import { tanh } from '../../../reference/activations/tanh.ts';

// One by one: their registry has operations of the reference besides, which a page does not need.
const CURVES: Readonly<Record<ElementwiseKind, Curve>> = {
  ...{ linear, relu, leakyRelu, sigmoid, tanh, elu, gelu, silu, hardSwish, hardSigmoid, relu6 },
};

/** Over each element. */
export function activated({ kind, options }: ElementwiseActivation, x: Float32Array, y: Float32Array): void {
  const curve = CURVES[kind];
  const option = (name: string) => options[name] ?? Number.NaN;
  for (let i = 0; i < x.length; i++) y[i] = curve.value(x[i] as number, option);
}
