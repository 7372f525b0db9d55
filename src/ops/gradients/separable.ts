import type { Shape } from '../../core/value.ts';
import type { GradientRule } from '../../graph/differentiate.ts';
import type { Operand, Operation } from '../../graph/operation.ts';
import { apply, first, output, required } from '../../graph/tensor.ts';
import { separableGradientFamily, separableGradientParts } from '../../kernels/separable-gradient.ts';
import { type ConvolutionAttributes, type ConvolutionWindow, lowerConvolution } from '../convolution.ts';
import { absorbEpilogue, NO_EPILOGUE, type WithEpilogue } from '../epilogue.ts';
import { POINTWISE, separableParts, shapeBetween } from '../separable.ts';
import { lengthsOf, lowerFilterGradient } from './conv2d.ts';
import { throughEpilogue } from './epilogue.ts';

export const separableGradient: GradientRule<ConvolutionAttributes> = (node, [dy], wanted) => {
  if (!dy) return {};
  const { epilogue, ...window } = node.attributes;
  const { x, depthwise, filter } = node.inputs;
  const between = wanted('filter') || wanted('bias') ? node.outputs[1] : undefined;
  const inputs = { x, depthwise, filter, between, dy: throughEpilogue(epilogue, dy, first(node)) };
  const attributes = { ...window, bias: wanted('bias'), epilogue: NO_EPILOGUE };
  const [dx, dDepthwise, dFilter, , dBias] = apply(gradientOperation, inputs, attributes).outputs;
  return { x: dx, depthwise: dDepthwise, filter: dFilter, bias: dBias };
};

/**
 * Outputs: the gradients of x and of both filters, that of what lies between, which is in memory only where all are dispatched apart,
 * and, where wanted, that of the bias. What nobody reads is not made. Input `between`, given where the gradient of filter or bias is
 * wanted, need not be in memory either.
 */
const gradientOperation: Operation<ConvolutionWindow & WithEpilogue & { readonly bias: boolean }> = {
  name: 'separableGradient',
  infer({ x, depthwise, filter }, { bias, epilogue: _, ...window }) {
    const parameter = (shape: Shape = []) => ({ shape, parameterGradient: true });
    return [
      { shape: x?.shape ?? [] },
      parameter(depthwise?.shape),
      parameter(filter?.shape),
      { shape: shapeBetween(x?.shape ?? [], depthwise?.shape ?? [], window) },
      ...(bias ? [parameter(filter?.shape.slice(3))] : []),
    ];
  },
  absorb: absorbEpilogue,
  lower(node, lowering) {
    const [x, dy, between] = [required(node, 'x'), required(node, 'dy'), node.inputs.between];
    const [depthwise, filter, saved] = [required(node, 'depthwise'), required(node, 'filter'), node.inputs.saved];
    const [dx, dDepthwise, dBetween] = [first(node), output(node, 1), output(node, 3)];
    const ofFilter = [output(node, 2), ...node.outputs.slice(4)];
    const [wantsX, wantsDepthwise] = [lowering.isLive(dx), lowering.isLive(dDepthwise)];
    const wantsFilter = ofFilter.some((tensor) => lowering.isLive(tensor));
    const { epilogue, bias: _, ...window } = node.attributes;
    if (wantsX && wantsDepthwise && wantsFilter) {
      const { problem, operands } = separableParts(lowering, node, window);
      const parts = separableGradientParts({ ...problem, epilogue }, lowering.capabilities);
      const fused = {
        ...problem,
        ...lengthsOf(lowering, ofFilter),
        parts,
        epilogue,
        savedIsInput: saved === x,
        dy: lowering.view(dy),
        y: lowering.view(dx),
        depthwiseLength: lengthsOf(lowering, [dDepthwise]).filterLength,
      };
      const bound = (): Operand[] => {
        const sums = [dDepthwise, ...ofFilter].map((tensor) => lowering.partialSums(tensor, parts));
        const [ofOuter, ofInner, ofBias] = sums;
        return [x, dy, ...operands(), dx, ofOuter, ofInner, ofBias];
      };
      if (lowering.dispatchFused(separableGradientFamily, fused, bound)) return;
    }

    const outer = { ...window, epilogue: NO_EPILOGUE };
    const inner = { ...POINTWISE, epilogue: NO_EPILOGUE };
    if (between && wantsFilter) {
      if (!lowering.isMade(between)) lowerConvolution(lowering, { x, filter: depthwise, y: between }, outer, x.shape);
      const shapes = { xShape: between.shape, filterShape: filter.shape };
      lowerFilterGradient(lowering, { x: between, dy }, ofFilter, { ...POINTWISE, ...shapes });
    }
    if (!wantsX && !wantsDepthwise) return;
    lowerConvolution(lowering, { x: dy, filter, y: dBetween }, inner, dBetween.shape, true);
    if (wantsDepthwise) {
      const shapes = { xShape: x.shape, filterShape: depthwise.shape };
      lowerFilterGradient(lowering, { x, dy: dBetween }, [dDepthwise], { ...window, ...shapes });
    }
    if (wantsX)
      lowerConvolution(lowering, { x: dBetween, filter: depthwise, saved, y: dx }, { ...window, epilogue }, x.shape, true);
  },
};
