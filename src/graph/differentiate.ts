import { type Tensor, topological } from './tensor.ts';

/**
 * Reverse-mode differentiation: the gradients of `output` with respect to `parameters`, as a graph, from `seed`, the gradient
 * of output itself. `add` joins the gradients of a tensor with several users. A parameter that output does not depend on
 * through differentiable operations has none.
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
    if (!needed.has(node) || targets.has(node) || !node.operation.gradient) continue;
    const outputGradients = node.outputs.map((tensor) => gradients.get(tensor));
    if (outputGradients.every((gradient) => !gradient)) continue;
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
