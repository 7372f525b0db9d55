import type { OnnxLayer } from '../onnx/layer.ts';

/** What a binding holds before a dispatch. */
export type Contents = Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

/** What a kernel computes, as a benchmark must know it: how much work it is, on which data, and what should come out. */
export interface KernelCase {
  /** The layer, as tables and `--shape` write it: `50x14x14x32 -> 64, 5x5 dw`. */
  readonly shape: string;
  /** Arithmetic operations: a multiply-add is two. */
  readonly operations: number;
  /** Bytes of all operands, each read or written once. */
  readonly bytes: number;
  data(): CaseData;
  /** The same for onnxruntime, where it is a forward layer. */
  readonly onnx?: readonly OnnxLayer[];
}

export interface CaseData {
  readonly bindings: readonly Contents[];
  /** Computes on the CPU what the kernel should make of the bindings, by src/reference where it has the operation, losses as the tests do. */
  expected(): Timed<readonly ExpectedOutput[]>;
}

export interface Timed<T> {
  readonly milliseconds: number;
  readonly value: T;
}

/** One result: where the kernel leaves it, what it should be, and how far off float32 may be. */
export interface ExpectedOutput {
  readonly name: string;
  actual(bindings: readonly ArrayBuffer[]): ArrayLike<number>;
  readonly values: ArrayLike<number>;
  /** Of element i [0: exact]. */
  readonly error?: (i: number) => number;
}

export function timed<T>(compute: () => T): Timed<T> {
  const start = performance.now();
  const value = compute();
  return { value, milliseconds: performance.now() - start };
}

/** Joins what was timed with what the time is not of. */
export function after<T, U>({ milliseconds, value }: Timed<T>, finish: (value: T) => U): Timed<U> {
  return { milliseconds, value: finish(value) };
}

/** Undefined where all results are as expected; else which is wrong, in how many elements, and the worst of them. */
export function mismatch(outputs: readonly ExpectedOutput[], bindings: readonly ArrayBuffer[]): string | undefined {
  for (const { name, actual, values, error } of outputs) {
    const got = actual(bindings);
    if (got.length !== values.length) return `${name}: ${got.length} elements, expected ${values.length}`;
    let wrong = 0;
    let worst = -1;
    let worstExcess = 0;
    for (let i = 0; i < got.length; i++) {
      const difference = Math.abs((got[i] as number) - (values[i] as number));
      const excess = difference - (error?.(i) ?? 0);
      if (excess <= 0) continue;
      wrong++;
      if (worst >= 0 && !(excess > worstExcess)) continue;
      worst = i;
      worstExcess = excess;
    }
    if (wrong > 0)
      return (
        `${name}: ${wrong} of ${got.length} elements are wrong, the worst is number ${worst}: ` +
        `expected ${values[worst]}, got ${got[worst]}, bound ${error?.(worst) ?? 0}`
      );
  }
  return undefined;
}
