import { ShapeError } from '../core/errors.ts';
import type { Operation } from './operation.ts';
import { type Node, type Tensor, topological } from './tensor.ts';

/**
 * The gradients of a node with respect to the wanted inputs, as a graph, from those of its outputs. An input whose gradient is not
 * returned is treated as a constant.
 */
export type GradientRule<A extends object = object> = (
  node: Node<A>,
  outputGradients: readonly (Tensor | undefined)[],
  wanted: (input: string) => boolean,
) => Record<string, Tensor | undefined>;

/** What differentiation knows of operations. */
export interface Calculus {
  /** The rule of an operation; undefined where it has no gradient. */
  ruleOf(operation: Operation): GradientRule | undefined;
  /** Joins the gradients of a tensor with several users. */
  add(a: Tensor, b: Tensor): Tensor;
}

/**
 * Reverse-mode differentiation: the gradients of `output` with respect to `parameters`, as a graph, from `seed`, the gradient
 * of output itself. A parameter that output does not depend on through differentiable operations has none. Throws a ShapeError where
 * it would need a second derivative.
 */
export function differentiate(
  output: Tensor,
  seed: Tensor,
  parameters: readonly Tensor[],
  { ruleOf, add }: Calculus,
): (Tensor | undefined)[] {
  const order = topological([output]);
  const targets = new Set(parameters.map(({ node }) => node));
  const needed = new Set(targets);
  for (const node of order) if (Object.values(node.inputs).some((input) => needed.has(input.node))) needed.add(node);

  const gradients = new Map<Tensor, Tensor>([[output, seed]]);
  for (const node of order.reverse()) {
    if (!needed.has(node) || node.operation.source) continue;
    const outputGradients = node.outputs.map((tensor) => gradients.get(tensor));
    if (outputGradients.every((gradient) => !gradient)) continue;
    if (Object.keys(node.inputs).length === 0) continue;
    const rule = ruleOf(node.operation);
    if (!rule) throw new ShapeError(`${node.operation.name} has no gradient: gradients cannot be differentiated again`);
    const inputGradients = rule(node, outputGradients, (name) => {
      const input = node.inputs[name];
      return input !== undefined && needed.has(input.node);
    });
    for (const [name, gradient] of Object.entries(inputGradients)) {
      const input = node.inputs[name];
      if (!gradient || !input) continue;
      const earlier = gradients.get(input);
      gradients.set(input, earlier ? add(earlier, gradient) : gradient);
    }
  }
  return parameters.map((parameter) => gradients.get(parameter));
}
