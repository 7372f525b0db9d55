import { ShapeError } from '../core/errors.ts';
import { type Tensor, topological } from './tensor.ts';

/**
 * Reverse-mode differentiation: the gradients of `output` with respect to `parameters`, as a graph, from `seed`, the gradient
 * of output itself. `add` joins the gradients of a tensor with several users. A parameter that output does not depend on
 * through differentiable operations has none. Throws a ShapeError where it would need a second derivative.
 */
export function differentiate(
  output: Tensor,
  seed: Tensor,
  parameters: readonly Tensor[],
  add: (a: Tensor, b: Tensor) => Tensor,
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
    if (!node.operation.gradient) {
      if (Object.keys(node.inputs).length === 0) continue;
      throw new ShapeError(`${node.operation.name} has no gradient: gradients cannot be differentiated again`);
    }
    const inputGradients = node.operation.gradient(node, outputGradients, (name) => {
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
