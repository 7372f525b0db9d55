import { elements, type Shape } from '../../src/core/value.ts';
import type { Capabilities } from '../../src/gpu/gpu.ts';
import { fuse } from '../../src/graph/fuse.ts';
import { input, parameterNode } from '../../src/graph/sources.ts';
import type { Tensor } from '../../src/graph/tensor.ts';
import { optimizerKernel, segmentTable } from '../../src/kernels/optimizer.ts';
import { gradientsOf } from '../../src/ops/gradients/index.ts';
import { buildOperation, differentiableInputs } from '../../src/ops/registry.ts';
import { lower } from '../../src/plan/lower.ts';
import { ruleOf } from '../../src/train/optimizers/registry.ts';
import { optimizerCase, segmentsOf } from '../cases/optimizer.ts';
import { alone, type Found, foundOf } from './found.ts';
import { convolutions, furtherConvolutions, type Layer, otherLayers } from './shapes.ts';

/** The kernels of layers by themselves: forward, and each gradient. */
export function layerKernels(capabilities: Capabilities, all: boolean): Found[] {
  const layers = [...convolutions, ...otherLayers, ...(all ? furtherConvolutions() : [])];
  return [...layers.flatMap((layer) => kernelsOf(layer, capabilities)), momentum(capabilities)];
}

function kernelsOf({ op, inputs, attributes = {}, activation }: Layer, capabilities: Capabilities): Found[] {
  const tensors = Object.fromEntries(Object.entries(inputs).map(([name, shape]) => [name, tensorOf(name, shape)]));
  const decisionsOf = (outputs: readonly Tensor[], updates: readonly { parameter: Tensor; gradient: Tensor }[]) =>
    lower(outputs, updates, { capabilities, replicas: 1, choice: {} }).dispatches.flatMap(
      ({ decision, fused }) => decision ?? fused ?? [],
    );
  const forward = fuse([buildOperation(op, tensors, activation ? { ...attributes, activation } : attributes)]);
  // The gradient without the activation, whose own would be an elementwise kernel before each.
  const y = buildOperation(op, tensors, attributes);
  const wanted = differentiableInputs(op, Object.keys(tensors)).map((name) => tensors[name] as Tensor);
  const found = gradientsOf(y, input('dy', y.shape), wanted);
  const outputs: Tensor[] = [];
  const updates: { parameter: Tensor; gradient: Tensor }[] = [];
  wanted.forEach((tensor, index) => {
    const gradient = found[index];
    if (!gradient) return;
    if (tensor.node.operation.source === 'parameter') updates.push({ parameter: tensor, gradient });
    else outputs.push(gradient);
  });
  const fused = fuse([...outputs, ...updates.map(({ gradient }) => gradient)]);
  const backward = decisionsOf(
    fused.slice(0, outputs.length),
    updates.map(({ parameter }, index) => ({ parameter, gradient: fused[outputs.length + index] as Tensor })),
  );
  return [...decisionsOf(forward, []), ...backward].map((decision) => foundOf(decision));
}

/** Filters, weights and what belongs to a channel are parameters, so that their gradients stay in partial sums for the optimizer. */
function tensorOf(name: string, shape: Shape): Tensor {
  if (!['filter', 'weights', 'bias', 'scale', 'offset'].includes(name)) return input(name, shape);
  return parameterNode({ name, shape, trainable: true, weightDecay: 0, initial: () => new Float32Array(elements(shape)) });
}

function momentum(capabilities: Capabilities): Found {
  const spec = { type: 'sgd', momentum: 0.9 } as const;
  const parameters = [
    { length: 1_000_000, splits: 1 },
    { length: 1000, splits: 8 },
  ];
  const { chunks } = segmentTable(segmentsOf(parameters).segments);
  return alone(
    undefined,
    optimizerCase(spec, parameters),
    optimizerKernel({ rule: ruleOf(spec), schedule: { type: 'constant' }, chunks }, capabilities),
  );
}
