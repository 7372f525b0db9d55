// What is written here of TensorFlow Lite's schema, version 3, by its numbers (tensorflow/compiler/mlir/lite/schema/schema.fbs).

export const SCHEMA_VERSION = 3;
export const FILE_IDENTIFIER = 'TFL3';

export const TENSOR_TYPES = { float32: 0, int32: 2, int8: 9 } as const;
export type TensorType = keyof typeof TENSOR_TYPES;

export const PADDINGS = { same: 0, valid: 1 } as const;

/** What an operator does to its result besides. The schema has TANH too, and lets more operators have one, of which kernels take no notice. */
export const FUSED = { none: 0, relu: 1, relu6: 3 } as const;

/** Codes from here on stand in the newer field alone; the older one then has this number. */
export const GREATER_CODES = 127;

/** A field of an operator's options: its type, and its value where it is left out. */
type Field = readonly ['byte' | 'int' | 'float' | 'ints', absent?: number];

interface OperatorDefinition {
  readonly code: number;
  /** Of the options: their number in the union BuiltinOptions. */
  readonly union?: number;
  /** Of the options: the fields of their table, in its order. */
  readonly fields?: Readonly<Record<string, Field>>;
}

const fused = ['byte'] as const;
const window = { padding: ['byte'], strideWidth: ['int'], strideHeight: ['int'] } as const;
const dilation = { dilationWidth: ['int', 1], dilationHeight: ['int', 1] } as const;
const pool = { ...window, width: ['int'], height: ['int'], fused } as const;

export const OPERATORS = {
  ADD: { code: 0, union: 11, fields: { fused } },
  AVERAGE_POOL_2D: { code: 1, union: 5, fields: pool },
  CONCATENATION: { code: 2, union: 10, fields: { axis: ['int'] } },
  CONV_2D: { code: 3, union: 1, fields: { ...window, fused, ...dilation } },
  DEPTHWISE_CONV_2D: { code: 4, union: 2, fields: { ...window, multiplier: ['int'], fused, ...dilation } },
  DEQUANTIZE: { code: 6 },
  ELU: { code: 111 },
  FULLY_CONNECTED: { code: 9, union: 8, fields: { fused } },
  GELU: { code: 150, union: 116, fields: { approximate: ['byte'] } },
  HARD_SWISH: { code: 117 },
  LEAKY_RELU: { code: 98, union: 75, fields: { alpha: ['float'] } },
  LOGISTIC: { code: 14 },
  MAX_POOL_2D: { code: 17, union: 5, fields: pool },
  MEAN: { code: 40, union: 27, fields: { keepDimensions: ['byte'] } },
  MUL: { code: 18, union: 21, fields: { fused } },
  PAD: { code: 34 },
  PADV2: { code: 60 },
  PRELU: { code: 54 },
  QUANTIZE: { code: 114 },
  RELU: { code: 19 },
  RELU6: { code: 21 },
  RESHAPE: { code: 22, union: 17, fields: { shape: ['ints'] } },
  RESIZE_NEAREST_NEIGHBOR: { code: 97, union: 74, fields: { alignCorners: ['byte'], halfPixelCenters: ['byte'] } },
  RSQRT: { code: 76 },
  SLICE: { code: 65 },
  SOFTMAX: { code: 25, union: 9, fields: { beta: ['float'] } },
  SPLIT: { code: 49, union: 35, fields: { splits: ['int'] } },
  SQUARED_DIFFERENCE: { code: 99 },
  SUB: { code: 41, union: 28, fields: { fused } },
  TANH: { code: 28 },
  TRANSPOSE: { code: 39 },
  TRANSPOSE_CONV: { code: 67, union: 49, fields: window },
} as const satisfies Readonly<Record<string, OperatorDefinition>>;

export type OperatorName = keyof typeof OPERATORS;

export function definitionOf(operator: OperatorName): OperatorDefinition {
  return OPERATORS[operator];
}
