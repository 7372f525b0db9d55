import { readersOf } from '../deploy/graph.ts';
import type { ActivationOperation, ExportGraph, ExportOperation, ExportTensor } from '../deploy/operations.ts';
import type { ActivationScale } from './types.ts';

/** Values that have one scale and one zero point. */
export interface ActivationGroup {
  /** By name, in the order in which they are made. */
  readonly tensors: readonly ExportTensor[];
  /** What the scale must be, whatever the values are: that of a softmax. */
  readonly fixed: ActivationScale | undefined;
}

/** What TensorFlow Lite gives a softmax or a sigmoid: [0, 1). */
export const PROBABILITIES: ActivationScale = { scale: 1 / 256, zeroPoint: -128 };
/** And a tanh: [-1, 1). */
const SYMMETRIC: ActivationScale = { scale: 1 / 128, zeroPoint: 0 };

/**
 * Which values of a network in integers have a scale, and which of them share it, as TensorFlow Lite asks: through a pooling, a reshape or
 * whatever else moves values about, among all that a concatenation joins, and between the inputs of layers that have the same bias.
 */
export function activationGroups(graph: ExportGraph): ActivationGroup[] {
  const clamped = clampedOutputs(graph);
  const groups = new Map<ExportTensor, Set<ExportTensor>>();
  const fixed = new Map<ExportTensor, ActivationScale>();
  const join = (a: ExportTensor, b: ExportTensor) => {
    const [one, other] = [groupOf(groups, a), groupOf(groups, b)];
    if (one === other) return;
    for (const tensor of other) {
      one.add(tensor);
      groups.set(tensor, one);
    }
  };
  const byBias = new Map<string, ExportTensor>();
  groupOf(groups, graph.input);
  for (const operation of graph.operations) {
    const { inputs, output } = operation;
    if (!clamped.has(output)) groupOf(groups, output);
    // The output of one that is clamped in the same step is that of the clamp.
    if (keepsScale(operation) && !clamped.has(inputs[0] ?? output)) for (const input of inputs) join(input, output);
    const own = fixedScale(operation);
    if (own) fixed.set(output, own);
    if ('bias' in operation && operation.bias) {
      const before = byBias.get(operation.bias.name);
      if (before) join(before, inputs[0]);
      else byBias.set(operation.bias.name, inputs[0]);
    }
  }
  return [...new Set(groups.values())].map((tensors) => ({
    tensors: [...tensors],
    fixed: [...tensors].flatMap((tensor) => fixed.get(tensor) ?? [])[0],
  }));
}

function fixedScale(operation: ExportOperation): ActivationScale | undefined {
  const kind = operation.type === 'activation' ? operation.activation.kind : operation.type;
  if (kind === 'tanh') return SYMMETRIC;
  return kind === 'softmax' || kind === 'sigmoid' ? PROBABILITIES : undefined;
}

function groupOf(groups: Map<ExportTensor, Set<ExportTensor>>, tensor: ExportTensor): Set<ExportTensor> {
  const found = groups.get(tensor) ?? new Set([tensor]);
  groups.set(tensor, found);
  return found;
}

/** The outputs that nobody keeps, since the ReLU or ReLU6 that alone reads them is part of the step that makes them; each with its clamp. */
export function clampedOutputs(graph: ExportGraph): ReadonlyMap<ExportTensor, ActivationOperation> {
  const readers = readersOf(graph);
  const rescaling = new Set(graph.operations.filter(({ type }) => RESCALING.has(type)).map(({ output }) => output));
  return new Map(
    graph.operations.flatMap((operation) => {
      const [x] = operation.inputs;
      return x && isClamp(operation) && rescaling.has(x) && readers.get(x) === 1 ? [[x, operation] as const] : [];
    }),
  );
}

function isClamp(operation: ExportOperation): operation is ActivationOperation {
  return operation.type === 'activation' && (operation.activation.kind === 'relu' || operation.activation.kind === 'relu6');
}

/** What makes values of another scale than its inputs have, and can clamp them. */
const RESCALING: ReadonlySet<ExportOperation['type']> = /* @__PURE__ */ new Set<ExportOperation['type']>([
  'conv2d',
  'conv2dTranspose',
  'dense',
  'add',
  'multiply',
]);

const MOVING: ReadonlySet<ExportOperation['type']> = /* @__PURE__ */ new Set<ExportOperation['type']>([
  'maxPool2d',
  'avgPool2d',
  'concat',
  'reshape',
  'upsample2d',
  'channelShuffle',
]);

/** Whether an operation gives what it takes, at the same scale. */
function keepsScale(operation: ExportOperation): boolean {
  return MOVING.has(operation.type) || isClamp(operation);
}
