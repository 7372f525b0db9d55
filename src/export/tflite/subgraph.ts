import type { Shape } from '../../core/value.ts';
import type { TfliteOperator, TfliteTensor } from './file.ts';
import { definitionOf, FUSED, type OPERATORS, type OperatorName } from './schema.ts';

/** The options of an operator by name; what is left out has the schema's default. */
export type OptionsOf<N extends OperatorName> = (typeof OPERATORS)[N] extends { readonly fields: infer F }
  ? { readonly [K in keyof F]?: F[K] extends readonly ['ints'] ? readonly number[] : number }
  : Readonly<Record<string, never>>;

/** The place of a tensor among the subgraph's. */
export type TensorIndex = number;

/** A subgraph of float32, operator by operator in the order in which they run. Shapes begin with a batch of 1. */
export class Subgraph {
  readonly tensors: TfliteTensor[] = [];
  readonly operators: TfliteOperator[] = [];
  private readonly known = new Map<unknown, TensorIndex>();

  tensor(shape: Shape): TensorIndex {
    return this.tensors.push({ type: 'float32', shape }) - 1;
  }

  shapeOf(tensor: TensorIndex): Shape {
    return this.tensors[tensor]?.shape ?? [];
  }

  /** A constant, the same one each time that the key is given. */
  constant(key: unknown, make: () => { readonly shape: Shape; readonly data: Float32Array }): TensorIndex {
    return this.once(key, () => ({ type: 'float32', ...make() }));
  }

  scalar(value: number): TensorIndex {
    return this.constant(`float32 ${value}`, () => ({ shape: [1], data: Float32Array.of(value) }));
  }

  /** Integers that an operator takes as a tensor: axes, sizes, paddings. */
  integers(values: readonly number[], shape: Shape = [values.length]): TensorIndex {
    return this.once(`int32 ${shape}: ${values}`, () => ({ type: 'int32', shape, data: Int32Array.from(values) }));
  }

  /** Adds an operator whose only result has this shape. */
  add<N extends OperatorName>(operator: N, inputs: readonly TensorIndex[], shape: Shape, options?: OptionsOf<N>): TensorIndex {
    const output = this.tensor(shape);
    this.addTo(operator, inputs, [output], options);
    return output;
  }

  addTo<N extends OperatorName>(
    operator: N,
    inputs: readonly TensorIndex[],
    outputs: readonly TensorIndex[],
    options?: OptionsOf<N>,
  ): void {
    this.operators.push({ operator, inputs, outputs, options: { ...options } });
  }

  /** Lets the last operator, whose result this is, apply an activation to it; false where it can't. */
  fuse(tensor: TensorIndex, activation: keyof typeof FUSED): boolean {
    const last = this.operators.at(-1);
    if (last?.outputs[0] !== tensor || last.options.fused || !definitionOf(last.operator).fields?.fused) return false;
    this.operators[this.operators.length - 1] = { ...last, options: { ...last.options, fused: FUSED[activation] } };
    return true;
  }

  private once(key: unknown, make: () => TfliteTensor): TensorIndex {
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const tensor = this.tensors.push(make()) - 1;
    this.known.set(key, tensor);
    return tensor;
  }
}
