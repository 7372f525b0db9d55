import type { TfliteOperator, TfliteTensor } from './file.ts';

/**
 * The lowest version of an operator that knows all that is asked of it here, so that old runtimes take what they can
 * (tensorflow/compiler/mlir/lite/tools/versioning/op_version.cc).
 */
export function lowestVersion({ operator, inputs, outputs, options }: TfliteOperator, tensors: readonly TfliteTensor[]): number {
  const [first, second] = inputs.map((index) => tensors[index]);
  const integers = inputs.some((index) => tensors[index]?.type === 'int8');
  switch (operator) {
    case 'CONV_2D':
      // A filter of fewer channels than the input has is one in groups.
      if (second?.shape.at(-1) !== first?.shape.at(-1)) return 6;
      return integers ? 3 : 1;
    case 'DEPTHWISE_CONV_2D':
      if (integers) return 3;
      return isDilated(options) ? 2 : 1;
    case 'FULLY_CONNECTED':
      return integers ? 4 : 1;
    case 'TRANSPOSE_CONV':
      if (inputs.length > 3) return 3;
      return integers ? 2 : 1;
    case 'RESIZE_NEAREST_NEIGHBOR':
      if (options.halfPixelCenters || options.alignCorners) return 3;
      return integers ? 2 : 1;
    case 'MUL': {
      if (!integers) return 1;
      const product = scaleOf(first) * scaleOf(second);
      return product / scaleOf(tensors[outputs[0] ?? -1]) >= 1 ? 3 : 2;
    }
    case 'ELU':
    case 'HARD_SWISH':
    case 'LEAKY_RELU':
    case 'PRELU':
    case 'QUANTIZE':
    case 'RESHAPE':
      return 1;
    default:
      return integers ? 2 : 1;
  }
}

function isDilated({ dilationWidth = 1, dilationHeight = 1 }: TfliteOperator['options']): boolean {
  return dilationWidth !== 1 || dilationHeight !== 1;
}

function scaleOf(tensor: TfliteTensor | undefined): number {
  return tensor?.quantization?.scales[0] ?? Number.NaN;
}
