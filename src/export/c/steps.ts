import { type ElementwiseActivation, LINEAR } from '../../core/activation.ts';
import { elements } from '../../core/value.ts';
import { readersOf } from '../../deploy/graph.ts';
import type { ExportGraph, ExportOperation, ExportTensor } from '../../deploy/operations.ts';

/** An operation and the activation that goes with it, over each element as it is written. */
export interface Step {
  readonly operation: ExportOperation;
  readonly activation: ElementwiseActivation;
  readonly inputs: readonly ExportTensor[];
  readonly output: ExportTensor;
  /** The inputs that it may overwrite as it goes. */
  readonly inPlace: readonly ExportTensor[];
}

/** What the C code does, in order. */
export function stepsOf(graph: ExportGraph): Step[] {
  const readers = readersOf(graph);
  const steps: Step[] = [];
  for (const operation of graph.operations) {
    const { inputs, output } = operation;
    const last = steps.at(-1);
    if (
      operation.type === 'activation' &&
      last &&
      takesActivation(last) &&
      last.output === inputs[0] &&
      readers.get(inputs[0]) === 1
    )
      steps[steps.length - 1] = { ...last, activation: operation.activation, output };
    else steps.push({ operation, activation: LINEAR, inputs, output, inPlace: overwritten(operation) });
  }
  return steps;
}

function takesActivation({ operation: { type }, activation: { kind } }: Step): boolean {
  return (type === 'conv2d' || type === 'conv2dTranspose' || type === 'dense') && kind === 'linear';
}

function overwritten({ type, inputs, output }: ExportOperation): readonly ExportTensor[] {
  switch (type) {
    case 'activation':
    case 'scaleOffset':
    case 'prelu':
    case 'layerNorm':
    case 'softmax':
    case 'add':
    case 'multiply':
      return inputs.filter(({ shape }) => elements(shape) === elements(output.shape));
    default:
      return [];
  }
}
