import { elements, type Shape } from '../core/value.ts';
import type { ElementType, View } from '../kernels/view.ts';
import type { Node, Operation, Tensor } from './operation.ts';

export type { Node, Tensor, TensorType } from './operation.ts';

/** Applies an operation, whose shape rule throws where the inputs do not fit. Absent inputs may be undefined. */
export function apply<A extends object>(
  operation: Operation<A>,
  inputs: Readonly<Record<string, Tensor | undefined>>,
  attributes: A,
): Node<A> {
  const given: Record<string, Tensor> = {};
  for (const [name, tensor] of Object.entries(inputs)) if (tensor) given[name] = tensor;
  const outputs: Tensor[] = [];
  const node: Node<A> = { operation, inputs: given, attributes, outputs };
  operation.infer(given, attributes).forEach((output, index) => {
    outputs.push({
      node,
      index,
      shape: output.shape,
      type: output.type ?? (output.parameterGradient ? 'f32' : 'activation'),
      parameterGradient: output.parameterGradient ?? false,
    });
  });
  return node;
}

/** The first output of a node. */
export function first(node: Node): Tensor {
  return output(node, 0);
}

export function output(node: Node, index: number): Tensor {
  const tensor = node.outputs[index];
  if (!tensor) throw new Error(`${node.operation.name} has no output ${index}`);
  return tensor;
}

/** An input that the shape rule has made sure of. */
export function required(node: Node, name: string): Tensor {
  const tensor = node.inputs[name];
  if (!tensor) throw new Error(`${node.operation.name} has no input '${name}'`);
  return tensor;
}

/** Size of the last axis (1 for a scalar), which kernels call channels. */
export function channelsOf(shape: Shape): number {
  return shape.at(-1) ?? 1;
}

/** Elements from one replica to the next of a tensor that lies alone: parameters and their gradients are padded to 4. */
export function replicaStride(tensor: { readonly shape: Shape; readonly parameterGradient: boolean }): number {
  const size = elements(tensor.shape);
  return tensor.parameterGradient ? Math.ceil(size / 4) * 4 : size;
}

/** The view of a tensor that lies alone. */
export function contiguous(shape: Shape, stride: number, type?: ElementType): View {
  const channels = channelsOf(shape);
  return { rows: elements(shape) / channels, channels, rowStride: channels, offset: 0, replicaStride: stride, type };
}

/** All nodes that the tensors need, inputs before users. */
export function topological(outputs: readonly Tensor[]): Node[] {
  const order: Node[] = [];
  const seen = new Set<Node>();
  const stack: { node: Node; entered: boolean }[] = [...outputs].reverse().map(({ node }) => ({ node, entered: false }));
  for (let top = stack.pop(); top; top = stack.pop()) {
    const { node, entered } = top;
    if (entered) {
      order.push(node);
      continue;
    }
    if (seen.has(node)) continue;
    seen.add(node);
    stack.push({ node, entered: true });
    for (const input of Object.values(node.inputs).reverse())
      if (!seen.has(input.node)) stack.push({ node: input.node, entered: false });
  }
  return order;
}
