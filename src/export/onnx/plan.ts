import type { Shape } from '../../core/value.ts';
import { type Constant, type ExportGraph, type ExportOperation, type ExportTensor, readersOf } from '../../deploy/graph.ts';

/** What the writing of an operation must know of the others. */
export interface Plan {
  /** The image that a vector becomes behind it, by operations that leave every element where it is. */
  imageOf(vector: ExportTensor): Shape | undefined;
  /** Whether several dense layers have the same weights, so that none may have them in an order of its own. */
  isShared(weights: Constant): boolean;
}

export function planOf(graph: ExportGraph): Plan {
  const readers = readersOf(graph);
  const images = new Map<ExportTensor, Shape>();
  for (const operation of [...graph.operations].reverse()) {
    const [x] = operation.inputs;
    const image =
      operation.type === 'reshape' ? operation.output.shape : isElementwise(operation) && images.get(operation.output);
    if (x?.shape.length === 1 && image && image.length === 3 && readers.get(x) === 1) images.set(x, image);
  }
  const uses = new Map<Constant, number>();
  for (const operation of graph.operations)
    if (operation.type === 'dense') uses.set(operation.weights, (uses.get(operation.weights) ?? 0) + 1);
  return { imageOf: (vector) => images.get(vector), isShared: (weights) => (uses.get(weights) ?? 0) > 1 };
}

function isElementwise({ type }: ExportOperation): boolean {
  return type === 'activation' || type === 'scaleOffset' || type === 'prelu';
}
