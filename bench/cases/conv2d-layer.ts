import type { WindowGeometry } from '../../src/core/geometry.ts';
import type { OnnxLayer } from '../onnx/layer.ts';
import { quarters } from './draw.ts';

/** The convolution that a kernel belongs to, forward. */
export interface Layer {
  readonly batch: number;
  readonly geometry: WindowGeometry;
  readonly inputs: number;
  readonly outputs: number;
  readonly groups: number;
}

/** `50x14x14x32 -> 64, 5x5`, with what is out of the ordinary. */
export function labelOf({ batch, geometry: g, inputs, outputs, groups }: Layer): string {
  const same =
    g.outputHeight === Math.ceil(g.inputHeight / g.strideHeight) && g.outputWidth === Math.ceil(g.inputWidth / g.strideWidth);
  const stride = g.strideHeight * g.strideWidth > 1 ? ` stride ${g.strideHeight}x${g.strideWidth}` : '';
  const dilation = g.dilationHeight * g.dilationWidth > 1 ? ` dilation ${g.dilationHeight}x${g.dilationWidth}` : '';
  const grouped = groups === 1 ? '' : groups === inputs && groups === outputs ? ' depthwise' : ` in ${groups} groups`;
  const size = `${batch}x${g.inputHeight}x${g.inputWidth}x${inputs} -> ${outputs}, ${g.windowHeight}x${g.windowWidth}`;
  return `${size}${grouped}${stride}${dilation}${same ? '' : ` to ${g.outputHeight}x${g.outputWidth}`}`;
}

export function operationsOf({ batch, geometry: g, inputs, outputs, groups }: Layer): number {
  return 2 * batch * g.outputHeight * g.outputWidth * outputs * (inputs / groups) * g.windowHeight * g.windowWidth;
}

export function draw(layer: Layer) {
  const { batch, geometry: g, inputs, outputs, groups } = layer;
  const seed = labelOf(layer);
  return {
    x: quarters(seed, 0, [batch, g.inputHeight, g.inputWidth, inputs]),
    filter: quarters(seed, 1, [g.windowHeight, g.windowWidth, inputs / groups, outputs]),
    bias: quarters(seed, 2, [outputs]),
    dy: quarters(seed, 3, [batch, g.outputHeight, g.outputWidth, outputs]),
    attributes: {
      strides: [g.strideHeight, g.strideWidth],
      padding: [g.top, g.bottom, g.left, g.right],
      dilations: [g.dilationHeight, g.dilationWidth],
      groups,
    },
  };
}

/** The elements of its filter. */
export function filterLengthOf({ geometry: g, inputs, outputs, groups }: Layer): number {
  return (g.windowHeight * g.windowWidth * inputs * outputs) / groups;
}

export function onnxOf({ batch, geometry: g, inputs, outputs, groups }: Layer, bias: boolean, relu: boolean): OnnxLayer {
  return {
    operator: 'Conv',
    attributes: {
      kernel_shape: [g.windowHeight, g.windowWidth],
      strides: [g.strideHeight, g.strideWidth],
      dilations: [g.dilationHeight, g.dilationWidth],
      pads: [g.top, g.left, g.bottom, g.right],
      group: groups,
    },
    inputs: [[batch, inputs, g.inputHeight, g.inputWidth]],
    weights: [[outputs, inputs / groups, g.windowHeight, g.windowWidth], ...(bias ? [[outputs]] : [])],
    relu,
  };
}
