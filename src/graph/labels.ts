import { DataError } from '../core/errors.ts';
import { elements } from '../core/value.ts';
import { channelsOf, required, type Tensor, topological } from './tensor.ts';

/** Elements of an input that some operation takes for class indices. */
export interface Labels {
  readonly input: Tensor;
  readonly classes: number;
  /** What they number instead of classes. */
  readonly of?: 'rows' | undefined;
  readonly count: number;
  /** Where in the input's data a label lies. */
  indexOf(label: number): number;
}

/** The labels among the inputs that tensors depend on. What the graph itself computes is not among them. */
export function labelsBehind(outputs: readonly Tensor[]): Labels[] {
  return topological(outputs).flatMap((node) => {
    const labels = node.operation.labels?.(node);
    if (!labels) return [];
    const tensor = required(node, labels.input);
    const source = sourceOf(tensor);
    return source ? [{ ...source, classes: labels.classes, of: labels.of, count: elements(tensor.shape) }] : [];
  });
}

/** Throws a DataError that names the first label which is no class. */
export function checkLabels(where: string, { classes, of, count, indexOf }: Labels, data: Float32Array): void {
  const [one, kind] = of === 'rows' ? ['index', 'row number'] : ['label', 'class index'];
  for (let i = 0; i < count; i++) {
    const label = data[indexOf(i)];
    if (label === undefined || !Number.isInteger(label) || label < 0 || label >= classes)
      throw new DataError(`${where}: ${one} ${indexOf(i)} is ${label}; it must be a ${kind} from 0 to ${classes - 1}`);
  }
}

/** The input that a tensor shows, by itself or through reshapes and slices. */
function sourceOf(tensor: Tensor): Pick<Labels, 'input' | 'indexOf'> | undefined {
  const { node } = tensor;
  if (node.operation.source === 'input') return { input: tensor, indexOf: (index) => index };
  const alias = node.operation.alias?.(node);
  const from = alias && required(node, alias.input);
  const source = from && sourceOf(from);
  if (!source || alias.kind === 'reshape') return source;
  const [width, whole] = [channelsOf(tensor.shape), channelsOf(from.shape)];
  return {
    input: source.input,
    indexOf: (index) => source.indexOf(Math.floor(index / width) * whole + alias.offset + (index % width)),
  };
}
