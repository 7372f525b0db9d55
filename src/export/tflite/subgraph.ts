import type { Shape, Value } from '../../core/value.ts';
import type { Constant } from '../../deploy/operations.ts';
import type { TfliteOperator, TfliteTensor } from './file.ts';
import { definitionOf, FUSED, type OPERATORS, type OperatorName } from './schema.ts';

/** The options of an operator by name; what is left out has the schema's default. */
export type OptionsOf<N extends OperatorName> = (typeof OPERATORS)[N] extends { readonly fields: infer F }
  ? { readonly [K in keyof F]?: F[K] extends readonly ['ints'] ? readonly number[] : number }
  : Readonly<Record<string, never>>;

/** The position of a tensor in the subgraph's list. */
export type TensorIndex = number;

/** A subgraph of float32, operator by operator in the order in which they run. Shapes begin with a batch of 1. */
export class Subgraph {
  readonly tensors: TfliteTensor[] = [];
  readonly operators: TfliteOperator[] = [];
  private readonly known = new Map<string, TensorIndex>();

  tensor(shape: Shape): TensorIndex {
    return this.tensors.push({ type: 'float32', shape }) - 1;
  }

  shapeOf(tensor: TensorIndex): Shape {
    return this.tensors[tensor]?.shape ?? [];
  }

  /** Numbers, the same tensor each time that the key is given. */
  numbers(key: string, make: () => Value): TensorIndex {
    return this.once(`float32 ${key}`, () => {
      const { shape, data } = make();
      return { type: 'float32', shape, data };
    });
  }

  /** Weights in the form that an operator takes, once for all that take that form of them. */
  weights(constant: Constant, form: string, make: (value: Value) => Value): TensorIndex {
    return this.numbers(`${constant.name} ${form}`, () => make(constant));
  }

  vector(constant: Constant): TensorIndex {
    return this.weights(constant, 'as a vector', (value) => value);
  }

  scalar(value: number): TensorIndex {
    return this.numbers(`${value}`, () => ({ shape: [1], data: Float32Array.of(value) }));
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

  private once(key: string, make: () => TfliteTensor): TensorIndex {
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const tensor = this.tensors.push(make()) - 1;
    this.known.set(key, tensor);
    return tensor;
  }
}
