import type { Shape } from '../../core/value.ts';
import type { GradientRule } from '../../graph/differentiate.ts';
import { type Operation, STATE } from '../../graph/operation.ts';
import { apply, first, output, required, type Tensor } from '../../graph/tensor.ts';
import { poolGradientFamily } from '../../kernels/pool-gradient.ts';
import { absorbEpilogue, isPlain, NO_EPILOGUE, type WithEpilogue } from '../epilogue.ts';
import type { PoolingAttributes } from '../pool.ts';
import { type PoolWindow, poolGeometry } from '../pool-window.ts';
import { throughEpilogue } from './epilogue.ts';

export const poolGradient: GradientRule<PoolingAttributes> = (node, [dy]) => {
  const { epilogue, ...attributes } = node.attributes;
  if (!dy) return {};
  const dz = throughEpilogue(epilogue, dy, first(node));
  return { x: pooledInputGradient({ dy: dz, argmax: node.outputs[1] }, required(node, 'x').shape, attributes) };
};

type GradientAttributes = PoolWindow & WithEpilogue & { readonly maximum: boolean; readonly xShape: Shape };

/** The gradient of a pooling's input from that of its output and, for the maximum, the winners. */
export function pooledInputGradient(
  inputs: { dy: Tensor; argmax?: Tensor },
  xShape: Shape,
  pool: PoolWindow & { readonly maximum: boolean },
): Tensor {
  return first(apply(gradientOperation, inputs, { ...pool, xShape, epilogue: NO_EPILOGUE }));
}

const gradientOperation: Operation<GradientAttributes> = {
  name: 'poolGradient',
  infer: (_, { xShape }) => [{ shape: xShape }],
  absorb(node, request) {
    if (!node.attributes.maximum) return absorbEpilogue(node, request);
    // Where the maximum lies, the input equals the pooled output: the activation's derivative can be read from there, and the
    // input itself need not be kept.
    const { epilogue, saved } = request;
    const forward = node.inputs.argmax?.node;
    if (!forward || !epilogue.gradient || forward.inputs.x !== saved) return undefined;
    // An output of relu other than 0 was kept; what another dropped, 0 too, may have won.
    if (epilogue.dropout && epilogue.activation.kind !== 'relu') return undefined;
    if (!isPlain((forward.attributes as WithEpilogue).epilogue)) return undefined;
    return absorbEpilogue(node, { epilogue, saved: output(forward, 0) });
  },
  lower(node, lowering) {
    const { argmax, saved } = node.inputs;
    const dy = required(node, 'dy');
    const dx = first(node);
    const { xShape, maximum, epilogue } = node.attributes;
    const problem = {
      replicas: lowering.replicas,
      batch: xShape[0] ?? 0,
      channels: xShape[3] ?? 0,
      geometry: poolGeometry(xShape, node.attributes),
      maximum,
      argmax: maximum,
      epilogue,
      x: lowering.view(dy),
      y: lowering.view(dx),
      saved: lowering.viewIf(saved),
    };
    lowering.dispatch(poolGradientFamily, problem, [dy, argmax, saved, STATE, dx]);
  },
};
