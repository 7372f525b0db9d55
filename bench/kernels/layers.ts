import { losses as lossChoices } from '../../kernels-test/support/losses.ts';
import { optimizers as optimizerChoices } from '../../kernels-test/support/optimizers.ts';
import { elements, type Shape } from '../../src/core/value.ts';
import type { Capabilities } from '../../src/gpu/gpu.ts';
import { fuse } from '../../src/graph/fuse.ts';
import { input, parameterNode, unit } from '../../src/graph/sources.ts';
import type { Tensor } from '../../src/graph/tensor.ts';
import { optimizerKernel } from '../../src/kernels/optimizer.ts';
import { segmentTable } from '../../src/kernels/segment-table.ts';
import { gradientsOf } from '../../src/ops/gradients/index.ts';
import { lossRows, rowLoss } from '../../src/ops/loss.ts';
import { buildOperation, differentiableInputs } from '../../src/ops/registry.ts';
import { lower } from '../../src/plan/lower.ts';
import { checkedLoss, goalShape } from '../../src/train/loss.ts';
import { lossDefinition, lossNames } from '../../src/train/losses/registry.ts';
import { optimizerTypes, ruleOf } from '../../src/train/optimizers/registry.ts';
import { optimizerCase, segmentsOf } from '../cases/optimizer.ts';
import { alone, type Found, foundOf } from './found.ts';
import { convolutions, furtherConvolutions, type Layer, otherLayers } from './shapes.ts';
import '../loaded-kernels.ts';

/** The kernels of layers by themselves, forward and each gradient; of losses and of optimizers. */
export function layerKernels(capabilities: Capabilities, all: boolean): Found[] {
  const layers = [...convolutions, ...otherLayers, ...(all ? furtherConvolutions() : [])];
  return [...layers.flatMap((layer) => kernelsOf(layer, capabilities)), ...losses(capabilities), ...optimizers(capabilities)];
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

/** Every loss with its gradient, of a batch of 256. */
function losses(capabilities: Capabilities): Found[] {
  return lossNames.flatMap((kind) => {
    const [loss] = lossChoices[kind];
    const { lossOptions: options, reduction } = checkedLoss(loss);
    const compared = lossDefinition(kind).goal;
    const x = input('x', [256, compared === 'two classes' ? 1 : 10]);
    const y = rowLoss({ x, goal: input('goal', goalShape('', kind, x)) }, { kind, goal: compared, options, reduction });
    const [gradient] = gradientsOf(y, unit([]), [x]);
    const { dispatches } = lower([lossRows(y), gradient as Tensor], [], { capabilities, replicas: 1, choice: {} });
    return dispatches.flatMap(({ decision }) => (decision ? [foundOf(decision)] : []));
  });
}

/** Every optimizer, on a long parameter and on a short one of many partial sums. */
function optimizers(capabilities: Capabilities): Found[] {
  const parameters = [
    { length: 1_000_000, splits: 1 },
    { length: 1000, splits: 8 },
  ];
  const { chunks } = segmentTable(segmentsOf(parameters).segments, { type: 'constant' });
  return optimizerTypes.map((type) => {
    const [spec] = optimizerChoices[type];
    const kernel = optimizerKernel({ rule: ruleOf(spec), schedule: { type: 'constant' }, chunks }, capabilities);
    return alone(undefined, optimizerCase(spec, parameters), kernel);
  });
}
