import { type Float, float, OnnxGraph, UINT8 } from './onnx-graph.ts';

/** A network as its exporter writes it. */
export interface OnnxNetwork {
  readonly bytes: Uint8Array;
  /** Of the file's input, the batch first. */
  readonly shape: readonly number[];
  readonly order?: 'channels first' | 'channels last';
  /** The types of the layers that it becomes, from the outside. */
  readonly layers: readonly string[];
}

type Attributes = Parameters<OnnxGraph['node']>[2];

const torchConv = (
  g: OnnxGraph,
  x: string,
  [filters, channels]: readonly [number, number],
  kernel: number,
  attributes: Attributes = {},
  bias = true,
) => {
  const pad = (kernel - 1) / 2;
  const fan = kernel * kernel * channels;
  return g.node(
    'Conv',
    [x, g.random([filters, channels, kernel, kernel], Math.sqrt(3 / fan)), ...(bias ? [g.random([filters], 0.1)] : [])],
    {
      dilations: [1, 1],
      group: 1,
      kernel_shape: [kernel, kernel],
      pads: [pad, pad, pad, pad],
      strides: [1, 1],
      ...attributes,
    },
  );
};

const torchNorm = (g: OnnxGraph, x: string, channels: number) =>
  g.node(
    'BatchNormalization',
    [
      x,
      g.random([channels]),
      g.random([channels], 0.1),
      g.random([channels], 0.1),
      g.floats(
        [channels],
        Array.from({ length: channels }, (_, i) => 0.5 + i / channels),
      ),
    ],
    { epsilon: 1e-5, momentum: 0.9, training_mode: 0 },
  );

const torchLinear = (g: OnnxGraph, x: string, outputs: number, inputs: number) =>
  g.node('Gemm', [x, g.random([outputs, inputs], Math.sqrt(3 / inputs)), g.random([outputs], 0.1)], {
    alpha: float(1),
    beta: float(1),
    transB: 1,
  });

const torchPool = { ceil_mode: 0, dilations: [1, 1], kernel_shape: [2, 2], pads: [0, 0, 0, 0], strides: [2, 2] };

/** torch.onnx.export of a LeNet whose forward calls x.view(x.size(0), -1). */
export function torchLeNet(): OnnxNetwork {
  const g = new OnnxGraph(13);
  const x = g.input(['batch', 1, 12, 12], 'input.1');
  let y = g.node('MaxPool', [g.node('Relu', [torchConv(g, x, [6, 1], 5)])], torchPool);
  y = g.node('MaxPool', [g.node('Relu', [torchConv(g, y, [8, 6], 3)])], torchPool);
  const batch = g.node('Gather', [g.node('Shape', [y]), g.integers([0], [])], { axis: 0 });
  const sizes = g.node('Concat', [g.node('Unsqueeze', [batch, g.integers([0])]), g.integers([-1])], { axis: 0 });
  y = g.node('Reshape', [y, sizes]);
  y = torchLinear(g, g.node('Relu', [torchLinear(g, y, 16, 72)]), 10, 16);
  return {
    bytes: g.bytes(y),
    shape: [5, 1, 12, 12],
    layers: ['conv2d', 'maxPool2d', 'conv2d', 'maxPool2d', 'flatten', 'dense', 'dense'],
  };
}

/** A residual network: convolutions without a bias before their normalisation, a shortcut with a stride, a fixed batch of one. */
export function torchResNet(): OnnxNetwork {
  const g = new OnnxGraph(17, 2);
  const x = g.input([1, 3, 8, 8]);
  const stem = g.node('Relu', [torchNorm(g, torchConv(g, x, [6, 3], 3, {}, false), 6)]);
  const block = (input: string, filters: number, channels: number, stride: number) => {
    const first = g.node('Relu', [
      torchNorm(g, torchConv(g, input, [filters, channels], 3, { strides: [stride, stride] }, false), filters),
    ]);
    const second = torchNorm(g, torchConv(g, first, [filters, filters], 3, {}, false), filters);
    const shortcut =
      stride === 1
        ? input
        : torchNorm(g, torchConv(g, input, [filters, channels], 1, { strides: [stride, stride] }, false), filters);
    return g.node('Relu', [g.node('Add', [second, shortcut])]);
  };
  const pooled = g.node('GlobalAveragePool', [block(block(stem, 6, 6, 1), 8, 6, 2)]);
  return {
    bytes: g.bytes(torchLinear(g, g.node('Flatten', [pooled], { axis: 1 }), 10, 8)),
    shape: [1, 3, 8, 8],
    layers: ['conv2d', 'batchNorm', 'activation', 'residual', 'activation', 'residual', 'activation', 'globalAvgPool2d', 'dense'],
  };
}

/** An inverted bottleneck of MobileNetV3: hardSwish, squeeze-and-excite with hardSigmoid. */
export function torchMobileNet(): OnnxNetwork {
  const g = new OnnxGraph(17, 3);
  const x = g.input(['N', 3, 8, 8]);
  const stem = g.node('HardSwish', [torchConv(g, x, [6, 3], 3, { strides: [2, 2] })]);
  const wide = g.node('HardSwish', [torchConv(g, stem, [12, 6], 1)]);
  const deep = g.node('HardSwish', [torchConv(g, wide, [12, 1], 3, { group: 12 })]);
  const squeezed = g.node('Relu', [torchConv(g, g.node('GlobalAveragePool', [deep]), [4, 12], 1)]);
  const factors = g.node('HardSigmoid', [torchConv(g, squeezed, [12, 4], 1)], { alpha: 1 / 6 });
  const narrow = torchConv(g, g.node('Mul', [factors, deep]), [6, 12], 1);
  const sum = g.node('Add', [stem, narrow]);
  const flat = g.node('Flatten', [g.node('ReduceMean', [sum], { axes: [-1, -2], keepdims: 1 })]);
  return {
    bytes: g.bytes(torchLinear(g, flat, 10, 6)),
    shape: [4, 3, 8, 8],
    layers: ['conv2d', 'residual', 'globalAvgPool2d', 'dense'],
  };
}

/** A dense block that concatenates all values so far, and one of paths side by side. */
export function torchDenseNet(): OnnxNetwork {
  const g = new OnnxGraph(17, 4);
  const x = g.input(['N', 2, 6, 6]);
  const values = [x];
  for (const channels of [2, 5, 8]) {
    const all = values.length === 1 ? x : g.node('Concat', values, { axis: 1 });
    values.push(g.node('Relu', [torchConv(g, all, [3, channels], 3)]));
  }
  const all = g.node('Concat', values, { axis: 1 });
  const paths = [
    torchConv(g, all, [2, 11], 1),
    torchConv(g, all, [3, 11], 3),
    g.node('MaxPool', [all], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }),
  ];
  const joined = g.node('Concat', paths, { axis: 1 });
  const pooled = g.node('Flatten', [
    g.node('AveragePool', [joined], {
      ceil_mode: 0,
      count_include_pad: 1,
      kernel_shape: [6, 6],
      pads: [0, 0, 0, 0],
      strides: [6, 6],
    }),
  ]);
  return {
    bytes: g.bytes(torchLinear(g, pooled, 4, 16)),
    shape: [3, 2, 6, 6],
    layers: ['branch', 'branch', 'branch', 'branch', 'avgPool2d', 'flatten', 'dense'],
  };
}

/** A U-net, with its skip before what comes up again, and a further skip that crosses the blocks. */
export function torchUNet(): OnnxNetwork {
  const g = new OnnxGraph(17, 5);
  const x = g.input(['N', 2, 8, 8]);
  const down = g.node('Relu', [torchConv(g, x, [4, 2], 3)]);
  const inner = g.node('Relu', [torchConv(g, g.node('MaxPool', [down], torchPool), [6, 4], 3)]);
  const up = g.node('ConvTranspose', [inner, g.random([6, 4, 2, 2], 0.3), g.random([4])], {
    kernel_shape: [2, 2],
    strides: [2, 2],
  });
  const joined = torchConv(g, g.node('Concat', [down, up], { axis: 1 }), [4, 8], 3);
  // What is joined comes in again within the block around it.
  const first = g.node('Tanh', [torchConv(g, joined, [4, 4], 3)]);
  const second = g.node('Add', [torchConv(g, first, [4, 4], 3), joined]);
  const third = g.node('Add', [torchConv(g, second, [4, 4], 3), first]);
  return {
    bytes: g.bytes(torchConv(g, third, [2, 4], 1)),
    shape: [2, 2, 8, 8],
    layers: ['conv2d', 'branch', 'conv2d', 'tap', 'conv2d', 'residual', 'conv2d'],
  };
}

/** tf2onnx of a Keras Sequential: images with the channels last, 'same' padding, a Reshape of constants, MatMul and Add. */
export function kerasConvolutions(): OnnxNetwork {
  const g = new OnnxGraph(15, 6);
  const x = g.input(['unk__12', 9, 9, 3], 'input_1');
  const scaled = g.node('Mul', [x, g.floats([], [1 / 255])]);
  const first = g.node('Transpose', [scaled], { perm: [0, 3, 1, 2] });
  const conv = (input: string, filters: number, channels: number, attributes: Attributes) =>
    g.node('Conv', [input, g.random([filters, channels, 3, 3], 0.3), g.random([filters], 0.1)], {
      dilations: [1, 1],
      group: 1,
      kernel_shape: [3, 3],
      strides: [1, 1],
      ...attributes,
    });
  let y = g.node('Relu', [conv(first, 6, 3, { auto_pad: 'SAME_UPPER', strides: [2, 2] })]);
  y = conv(y, 6, 1, { auto_pad: 'SAME_UPPER', group: 6 });
  y = g.node('Elu', [y], { alpha: float(1) as Float });
  y = g.node('MaxPool', [y], { auto_pad: 'VALID', kernel_shape: [2, 2], strides: [2, 2] });
  y = g.node('Transpose', [y], { perm: [0, 2, 3, 1] });
  y = g.node('Reshape', [y, g.integers([-1, 24])]);
  y = g.node('Relu', [g.node('Add', [g.node('MatMul', [y, g.random([24, 8], 0.4)]), g.random([8])])]);
  y = g.node('Add', [g.node('MatMul', [y, g.random([8, 5], 0.5)]), g.random([5])]);
  return {
    bytes: g.bytes(g.node('Softmax', [y], { axis: -1 })),
    shape: [4, 9, 9, 3],
    order: 'channels last',
    layers: ['batchNorm', 'conv2d', 'depthwiseConv2d', 'maxPool2d', 'flatten', 'dense', 'dense', 'activation'],
  };
}

/** tf2onnx of a perceptron on images without a channel axis. */
export function kerasPerceptron(): OnnxNetwork {
  const g = new OnnxGraph(15, 7);
  const x = g.input(['unk__1', 6, 5]);
  const flat = g.node('Reshape', [x, g.integers([-1, 30])]);
  const hidden = g.node('Relu', [g.node('Add', [g.node('MatMul', [flat, g.random([30, 8], 0.3)]), g.random([8])])]);
  const y = g.node('Add', [g.node('MatMul', [hidden, g.random([8, 3], 0.5)]), g.random([3])]);
  return { bytes: g.bytes(y), shape: [4, 6, 5], layers: ['flatten', 'dense', 'dense'] };
}

/** onnxruntime's static quantisation in the QDQ format, which leaves a relu to the quantisation behind it. */
export function quantized(): OnnxNetwork {
  const g = new OnnxGraph(13, 8);
  const x = g.input(['N', 2, 6, 6]);
  const bytes = (values: readonly number[], name: string, dataType: number) =>
    g.tensor({ name, dims: values.length === 1 ? [] : [BigInt(values.length)], dataType, rawData: Uint8Array.from(values) });
  const around = (input: string, scale: number, zero: number, index: number) => {
    const both = [g.floats([], [scale], `scale_${index}`), bytes([zero], `zero_${index}`, UINT8)];
    return g.node('DequantizeLinear', [g.node('QuantizeLinear', [input, ...both]), ...both]);
  };
  const filter = g.tensor({
    name: 'filter_quantized',
    dims: [4n, 2n, 3n, 3n],
    dataType: 3,
    rawData: Uint8Array.from({ length: 72 }, (_, i) => (i * 37) % 256),
  });
  const scales = g.floats([4], [0.002, 0.001, 0.002, 0.001]);
  const zeros = g.tensor({ name: 'zeros', dims: [4n], dataType: 3, rawData: new Uint8Array(4) });
  const weights = g.node('DequantizeLinear', [filter, scales, zeros], { axis: 0 });
  const bias = g.node(
    'DequantizeLinear',
    [
      g.tensor({ name: 'bias_quantized', dims: [4n], dataType: 6, int32Data: [100, -200, 300, 50] }),
      g.floats([4], [1e-3, 1e-3, 1e-3, 1e-3]),
      g.tensor({ name: 'bias_zeros', dims: [4n], dataType: 6, int32Data: [0, 0, 0, 0] }),
    ],
    { axis: 0 },
  );
  // Steps so fine that rounding is far below what a wrong layer would do: the test's tolerance is theirs.
  const conv = g.node('Conv', [around(x, 2 / 255, 128, 1), weights, bias], { pads: [1, 1, 1, 1] });
  const cut = around(conv, 2 / 255, 0, 2);
  const y = g.node('Gemm', [g.node('Flatten', [cut]), g.random([144, 3], 0.1)]);
  return { bytes: g.bytes(y), shape: [3, 2, 6, 6], layers: ['conv2d', 'flatten', 'dense'] };
}
