import { ShapeError } from '../core/errors.ts';
import { formatShape, sameShape } from '../core/value.ts';
import { apply, channelsOf, first, type Tensor } from '../graph/tensor.ts';
import { mapFamily } from '../kernels/forward.ts';
import type { DifferentiableOperation } from './differentiable.ts';

export function concat(inputs: Readonly<Record<string, Tensor>>): Tensor {
  const tensors = Object.values(inputs);
  const [only] = tensors;
  return tensors.length === 1 && only ? only : first(apply(concatOperation, inputs, {}));
}

export function slice(x: Tensor, offset: number, channels: number): Tensor {
  return first(apply(sliceOperation, { x }, { offset, channels }));
}

export const concatOperation: DifferentiableOperation = {
  name: 'concat',
  joins: true,
  infer(inputs) {
    const [head, ...rest] = Object.entries(inputs);
    if (!head) throw new ShapeError('concat: needs at least one input');
    const leading = head[1].shape.slice(0, -1);
    for (const [name, tensor] of [head, ...rest])
      if (tensor.shape.length === 0 || !sameShape(tensor.shape.slice(0, -1), leading))
        throw new ShapeError(
          `concat: '${name}' is ${formatShape(tensor.shape)} and '${head[0]}' ${formatShape(head[1].shape)}; all axes but the last must be the same`,
        );
    const tensors = Object.values(inputs);
    return [
      {
        shape: [...leading, tensors.reduce((sum, { shape }) => sum + channelsOf(shape), 0)],
        type: tensors.every(({ type }) => type === head[1].type) ? head[1].type : 'activation',
      },
    ];
  },
  lower(node, lowering) {
    const joint = first(node);
    const view = lowering.view(joint);
    let offset = view.offset;
    for (const tensor of Object.values(node.inputs)) {
      const channels = channelsOf(tensor.shape);
      if (!lowering.sameMemory(tensor, joint)) {
        const y = { ...view, channels, offset };
        lowering.dispatch(mapFamily, { replicas: lowering.replicas, operation: 'copy', a: lowering.view(tensor), y }, [
          tensor,
          undefined,
          undefined,
          'state',
          joint,
        ]);
      }
      offset += channels;
    }
  },
};

export interface SliceAttributes {
  readonly offset: number;
  readonly channels: number;
}

export const sliceOperation: DifferentiableOperation<SliceAttributes> = {
  name: 'slice',
  infer({ x }, { offset, channels }) {
    const shape = x?.shape ?? [];
    if (
      !Number.isInteger(offset) ||
      !Number.isInteger(channels) ||
      offset < 0 ||
      channels < 1 ||
      offset + channels > channelsOf(shape)
    )
      throw new ShapeError(`slice: channels ${offset} to ${offset + channels} do not lie in ${formatShape(shape)}`);
    return [{ shape: [...shape.slice(0, -1), channels], type: x?.type }];
  },
  alias: ({ attributes }) => ({ input: 'x', kind: 'slice', offset: attributes.offset }),
};
