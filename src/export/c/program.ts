import { ShapeError } from '../../core/errors.ts';
import { elements } from '../../core/value.ts';
import type { ExportGraph, ExportTensor } from '../../deploy/graph.ts';
import { channelsOf } from '../../graph/tensor.ts';
import { copy } from './float32/elementwise.ts';
import type { Routine } from './float32/routine.ts';
import { routineOf } from './float32/routines.ts';
import { type Layout, type MemoryPlan, planMemory } from './memory.ts';
import { type Step, stepsOf } from './steps.ts';

/** One call of a routine: where its values begin in the arena, in floats. */
export interface Call {
  /** The layer that it comes from. */
  readonly layer: string;
  readonly routine: Routine;
  readonly inputs: readonly number[];
  readonly output: number;
}

/** A network as C computes it, before anything is written. */
export interface CProgram {
  readonly graph: ExportGraph;
  readonly calls: readonly Call[];
  /** Floats of the arena; where in it the input and the output begin. */
  readonly arena: number;
  readonly input: number;
  readonly output: number;
  /** The type of an index. */
  readonly indexType: 'int' | 'int32_t';
}

const MOST_INDICES = 2 ** 31 - 1;

/** Throws a ShapeError where an index would not fit 32 bits. */
export function programOf(graph: ExportGraph): CProgram {
  const steps = stepsOf(graph);
  const plan = planMemory(graph, steps);
  const largest = largestIndex(graph, plan);
  if (largest > MOST_INDICES)
    throw new ShapeError(
      `encodeC: the network has indices up to ${largest}, but those of the C code have 31 bits, up to ${MOST_INDICES}; make it smaller`,
    );
  // What fits 16 bits is an `int` everywhere, on AVR too.
  const indexType = largest < 2 ** 15 ? 'int' : 'int32_t';
  const layoutOf = (tensor: ExportTensor): Layout => {
    const layout = plan.layouts.get(tensor);
    if (!layout) throw new Error(`${tensor.name} lies nowhere`);
    return layout;
  };
  return {
    graph,
    calls: steps.flatMap((step) => callsOf(step, layoutOf, indexType)),
    arena: plan.arena,
    input: layoutOf(graph.input).offset,
    output: layoutOf(graph.output).offset,
    indexType,
  };
}

function callsOf(step: Step, layoutOf: (tensor: ExportTensor) => Layout, indexType: string): Call[] {
  const { operation } = step;
  const { layer } = operation;
  if (operation.type === 'reshape') return [];
  const output = layoutOf(step.output);
  if (operation.type === 'concat') {
    let channel = 0;
    return operation.inputs.flatMap((tensor) => {
      const x = layoutOf(tensor);
      const part = { shape: tensor.shape, offset: output.offset + channel, stride: output.stride };
      channel += channelsOf(tensor.shape);
      // What lies in the joined tensor already needs no copy.
      if (x.offset === part.offset) return [];
      return [{ layer, routine: copy({ inputs: [x], output: part, indexType }), inputs: [x.offset], output: part.offset }];
    });
  }
  const [first, ...others] = step.inputs.map(layoutOf);
  if (!first) throw new Error(`${layer}: ${operation.type} has no input`);
  const routine = routineOf(step, operation, { inputs: [first, ...others], output, indexType });
  return [{ layer, routine, inputs: [first, ...others].map(({ offset }) => offset), output: output.offset }];
}

/** The largest number that an index takes on its way, with what windows reach over. */
function largestIndex({ operations, constants }: ExportGraph, { arena }: MemoryPlan): number {
  const windows = operations.flatMap((operation) =>
    'window' in operation
      ? [operation.window].flatMap((g) => [
          g.inputHeight + g.top + g.bottom,
          g.inputWidth + g.left + g.right,
          g.outputHeight * g.strideHeight,
          g.outputWidth * g.strideWidth,
        ])
      : [],
  );
  return Math.max(arena, ...windows, ...constants.map(({ shape }) => elements(shape)));
}
