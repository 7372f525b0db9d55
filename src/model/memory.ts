import { elements, type Shape } from '../core/value.ts';
import type { ResolvedBranch, ResolvedLayer, ResolvedResidual } from './resolve.ts';

/** What is alive while a list of layers runs, in elements. */
interface Walk {
  readonly peak: number;
  readonly output: number;
  /** Nothing was computed anew: the output is the input itself. */
  readonly isInput: boolean;
}

/**
 * The most bytes of float32 activations that one sample keeps alive at once at inference, layer by layer in order: the input
 * and the output of the running layer, and what a branch or residual holds back (its input while a later path or the sum
 * needs it; the outputs of finished paths, which lie side by side in the joined tensor). Bias, activation and batch
 * normalisation work in place, flatten and dropout cost nothing.
 */
export function peakActivationBytes(input: Shape, layers: readonly ResolvedLayer[]): number {
  return 4 * walk(layers, elements(input), 0, false).peak;
}

/** `held`: elements kept alive around these layers; `keepInput`: someone outside still needs the input. */
function walk(layers: readonly ResolvedLayer[], input: number, held: number, keepInput: boolean): Walk {
  let current = input;
  let around = held;
  let shared = keepInput;
  let isInput = true;
  let peak = held + input;
  const replace = (output: number) => {
    if (shared) around += current;
    shared = false;
    isInput = false;
    current = output;
  };
  for (const layer of layers) {
    if (layer.type === 'flatten' || layer.type === 'dropout') continue;
    if ((layer.type === 'batchNorm' || layer.type === 'activation') && !shared) {
      isInput = false;
      continue;
    }
    if (layer.type === 'branch' || layer.type === 'residual') {
      const inside = layer.type === 'branch' ? walkBranch(layer, current, around, shared) : walkResidual(layer, current, around);
      peak = Math.max(peak, inside.peak);
    } else peak = Math.max(peak, around + current + elements(layer.outputShape));
    replace(elements(layer.outputShape));
  }
  return { peak, output: current, isInput };
}

function walkBranch(layer: ResolvedBranch, input: number, held: number, keepInput: boolean): { readonly peak: number } {
  let finished = 0;
  let peak = 0;
  layer.paths.forEach((path, index) => {
    const last = index === layer.paths.length - 1;
    const inside = walk(path, input, held + finished, keepInput || !last);
    const copy = inside.isInput ? held + finished + 2 * input : 0;
    peak = Math.max(peak, inside.peak, copy);
    finished += inside.output;
  });
  return { peak };
}

function walkResidual(layer: ResolvedResidual, input: number, held: number): { readonly peak: number } {
  const inside = walk(layer.layers, input, held, true);
  return { peak: Math.max(inside.peak, held + input + inside.output) };
}
