import { elements } from '../../core/value.ts';
import type { GradientRule } from '../../graph/differentiate.ts';
import { type Operation, STATE } from '../../graph/operation.ts';
import { apply, contiguous, first, required } from '../../graph/tensor.ts';
import { filterGradientFamily } from '../../kernels/conv2d-filter-gradient.ts';
import { conv2dPoolFilterGradientFamily } from '../../kernels/conv2d-pool-filter-gradient.ts';
import { poolGradientFamily } from '../../kernels/pool-gradient.ts';
import { type Pooled, pooledGeometries, pooledWindows } from '../conv2d-pool.ts';
import type { ConvolutionWindow } from '../convolution.ts';
import { NO_EPILOGUE, type WithEpilogue } from '../epilogue.ts';
import { type FilterGradientAttributes, filterGradientParts, inferFilterGradient, inputGradient } from './conv2d.ts';
import { throughEpilogue } from './epilogue.ts';
import { pooledInputGradient } from './pool.ts';

export const conv2dPoolGradient: GradientRule<ConvolutionWindow & Pooled & WithEpilogue> = (node, [dy], wanted) => {
  if (!dy) return {};
  const { epilogue, pool, ...window } = node.attributes;
  const x = required(node, 'x');
  const inputs = { dy: throughEpilogue(epilogue, dy, first(node)), argmax: node.outputs[1] };
  // The input's gradient needs that of each pixel.
  const { shape } = pooledGeometries(node.inputs, node.attributes);
  const dense = wanted('x') ? pooledInputGradient(inputs, shape, { ...pool, maximum: true }) : undefined;
  const attributes = { ...window, pool, xShape: x.shape, filterShape: required(node, 'filter').shape, bias: wanted('bias') };
  const [filter, bias] =
    wanted('filter') || wanted('bias') ? apply(filterGradientOperation, { x, ...inputs, dense }, attributes).outputs : [];
  return { x: dense && inputGradient(node, dense, window), filter, bias };
};

/** The gradients of filter and bias from that of the pooled output; `dense` is that of each pixel, where somebody needs it anyway. */
const filterGradientOperation: Operation<FilterGradientAttributes & Pooled> = {
  name: 'conv2dPoolFilterGradient',
  infer: inferFilterGradient,
  lower(node, lowering) {
    const { argmax, dense } = node.inputs;
    const x = required(node, 'x');
    const dy = required(node, 'dy');
    const { xShape, filterShape } = node.attributes;
    const { shape, pool } = pooledWindows(xShape, filterShape, node.attributes);
    const { problem, filter, bias } = filterGradientParts(lowering, x, node.outputs, node.attributes);
    const dyView = lowering.view(dy);
    const fused = { ...problem, pool, dy: dyView };
    if (lowering.dispatchFused(conv2dPoolFilterGradientFamily, fused, () => [x, dy, argmax, filter, bias])) return;
    if (dense) {
      lowering.dispatch(filterGradientFamily, { ...problem, dy: lowering.view(dense) }, [x, dense, filter, bias]);
      return;
    }
    const size = elements(shape);
    const whole = contiguous(shape, size, dyView.type);
    const dz = lowering.scratch(size * lowering.replicas, dyView.type);
    const { replicas, batch, outputChannels: channels } = problem;
    const windows = { geometry: pool, maximum: true, argmax: true, epilogue: NO_EPILOGUE };
    lowering.dispatch(poolGradientFamily, { replicas, batch, channels, ...windows, x: dyView, y: whole }, [
      dy,
      argmax,
      undefined,
      STATE,
      dz,
    ]);
    lowering.dispatch(filterGradientFamily, { ...problem, dy: whole }, [x, dz, filter, bias]);
  },
};
