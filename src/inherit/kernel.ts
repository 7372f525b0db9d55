import type { Value } from '../core/value.ts';

/** A tensor of weights as a window of matrices [inputs, outputs]; that of a dense layer is 1x1. */
export interface Kernel {
  readonly height: number;
  readonly width: number;
  readonly inputs: number;
  readonly outputs: number;
  /** Where an element lies in the tensor. */
  index(row: number, column: number, input: number, output: number): number;
}

/** Of [IN,OUT], or of [KH,KW,IN,OUT], which `turned` makes [KH,KW,OUT,IN]. */
export function kernelOf(shape: Value['shape'], turned = false): Kernel {
  const [height = 1, width = 1, ...last] = shape.length === 2 ? [1, 1, ...shape] : shape;
  const [before = 1, after = 1] = last;
  const [inputs, outputs] = turned ? [after, before] : [before, after];
  return {
    height,
    width,
    inputs,
    outputs,
    index: (row, column, input, output) =>
      turned
        ? ((row * width + column) * before + output) * after + input
        : ((row * width + column) * before + input) * after + output,
  };
}

/** How far a window's middle lies from its beginning: TensorFlow's for 'same', where even ones have one more behind. */
export function middle(size: number): number {
  return Math.floor((size - 1) / 2);
}

/** The sum of an input's weights for an output over the window: what it does to an even image. */
export function summed(kernel: Kernel, data: Float32Array, input: number, output: number): number {
  let sum = 0;
  for (let row = 0; row < kernel.height; row++)
    for (let column = 0; column < kernel.width; column++) sum += data[kernel.index(row, column, input, output)] ?? 0;
  return sum;
}

/** Sums of squares of the weights, for each output or each input. */
export function squares(kernel: Kernel, data: Float32Array, of: 'inputs' | 'outputs'): number[] {
  const sums = Array.from({ length: kernel[of] }, () => 0);
  for (let row = 0; row < kernel.height; row++)
    for (let column = 0; column < kernel.width; column++)
      for (let input = 0; input < kernel.inputs; input++)
        for (let output = 0; output < kernel.outputs; output++) {
          const at = of === 'inputs' ? input : output;
          sums[at] = (sums[at] ?? 0) + (data[kernel.index(row, column, input, output)] ?? 0) ** 2;
        }
  return sums;
}
