import { ShapeError } from '../../../core/errors.ts';
import { elements } from '../../../core/value.ts';
import type { ExportTensor } from '../../../deploy/operations.ts';
import { channelsOf } from '../../../graph/tensor.ts';
import type { IntegerGraph, IntegerOperation } from '../../../quantize/integer-graph.ts';
import type { WeightBits } from '../../../quantize/types.ts';
import { type Layout, type MemoryPlan, type PlacedStep, planMemory } from '../memory.ts';
import type { IntegerRoutine } from './routine.ts';
import { integerCopy, integerRoutineOf } from './routines.ts';

/** One call of a routine: where its values begin in the arena, in bytes. */
export interface IntegerCall {
  readonly layer: string;
  readonly routine: IntegerRoutine;
  readonly inputs: readonly number[];
  readonly output: number;
}

/** A network in integers as C computes it, before anything is written. */
export interface IntegerProgram {
  readonly graph: IntegerGraph;
  readonly calls: readonly IntegerCall[];
  /** Bytes of the arena; where in it the input and the output begin. */
  readonly arena: number;
  readonly input: number;
  readonly output: number;
  /** The type of an index. */
  readonly indexType: 'int' | 'int32_t';
}

const MOST_INDICES = 2 ** 31 - 1;

/** Throws a ShapeError where an index would not fit 32 bits. */
export function integerProgramOf(graph: IntegerGraph, bits: WeightBits): IntegerProgram {
  const steps = graph.operations.map((operation) => ({ operation, step: placed(operation) }));
  const plan = planMemory(
    graph,
    steps.map(({ step }) => step),
  );
  const largest = largestIndex(graph, plan);
  if (largest > MOST_INDICES)
    throw new ShapeError(
      `encodeC: the network has indices up to ${largest}, more than 31 bits hold, ${MOST_INDICES}; make it smaller`,
    );
  const indexType = largest < 2 ** 15 ? 'int' : 'int32_t';
  const layoutOf = (tensor: ExportTensor): Layout => {
    const layout = plan.layouts.get(tensor);
    if (!layout) throw new Error(`${tensor.name} lies nowhere`);
    return layout;
  };
  return {
    graph,
    calls: steps.flatMap(({ operation }) => callsOf(operation, bits, layoutOf, indexType)),
    arena: plan.arena,
    input: layoutOf(graph.input).offset,
    output: layoutOf(graph.output).offset,
    indexType,
  };
}

function placed(operation: IntegerOperation): PlacedStep {
  const { type, inputs, output } = operation;
  const overwrites = type === 'lookup' || type === 'add' || type === 'multiply';
  const alike = inputs.filter(({ shape }) => elements(shape) === elements(output.shape));
  return { operation, inputs, output, inPlace: overwrites ? alike : [] };
}

function callsOf(
  operation: IntegerOperation,
  bits: WeightBits,
  layoutOf: (tensor: ExportTensor) => Layout,
  indexType: string,
): IntegerCall[] {
  const { layer } = operation;
  if (operation.type === 'reshape') return [];
  const output = layoutOf(operation.output);
  if (operation.type === 'concat') {
    let channel = 0;
    return operation.inputs.flatMap((tensor) => {
      const x = layoutOf(tensor);
      const part = { shape: tensor.shape, offset: output.offset + channel, stride: output.stride };
      channel += channelsOf(tensor.shape);
      // What lies in the joined tensor already needs no copy.
      if (x.offset === part.offset) return [];
      const routine = integerCopy({ inputs: [x], output: part, indexType });
      return [{ layer, routine, inputs: [x.offset], output: part.offset }];
    });
  }
  const [first, ...others] = operation.inputs.map(layoutOf);
  if (!first) throw new Error(`${layer}: ${operation.type} has no input`);
  const routine = integerRoutineOf(operation, bits, { inputs: [first, ...others], output, indexType });
  return [{ layer, routine, inputs: [first, ...others].map(({ offset }) => offset), output: output.offset }];
}

/** The largest number that an index takes on its way, with what windows reach over. */
function largestIndex({ operations }: IntegerGraph, { arena }: MemoryPlan): number {
  const reached = operations.flatMap((operation) => {
    const weights = 'weights' in operation ? [elements(operation.weights.shape)] : [];
    if (!('window' in operation)) return weights;
    const g = operation.window;
    return [
      ...weights,
      g.inputHeight + g.top + g.bottom,
      g.inputWidth + g.left + g.right,
      g.outputHeight * g.strideHeight,
      g.outputWidth * g.strideWidth,
    ];
  });
  return Math.max(arena, ...reached);
}
