import {
  avgPool2d,
  branch,
  capsuleLength,
  capsules,
  channelShuffle,
  conv2d,
  conv2dTranspose,
  dense,
  depthwiseConv2d,
  flatten,
  gate,
  globalAvgPool2d,
  globalMaxPool2d,
  join,
  type Layer,
  type LayerType,
  type Model,
  maxPool2d,
  merge,
  primaryCapsules,
  repeat,
  reshape,
  residual,
  tap,
  upsample2d,
} from '../../src/node.ts';

/** A layer that does not fit its input. */
export interface LayerRefusal {
  readonly title: string;
  readonly input: Model['input'];
  readonly layers: readonly Layer[];
  /** Of the ShapeError. */
  readonly message: RegExp;
}

const IMAGE = [8, 8, 3] as const;
const VECTOR = [192] as const;

const refused = (title: string, input: Model['input'], layers: readonly Layer[], message: RegExp): LayerRefusal => ({
  title,
  input,
  layers,
  message,
});

/** A layer of images behind a vector. */
const ofVector = (layer: Layer): LayerRefusal =>
  refused('a vector', VECTOR, [layer], new RegExp(`layers\\[0\\] \\(${layer.type}_1\\): needs an image .*\\[192\\]`));

/** For what takes vectors and images of any size. */
const TAKES_ANY: readonly LayerRefusal[] = [];

/** The inputs that each layer type refuses: a type without does not compile. */
export const layerRefusals: { readonly [T in LayerType]: readonly LayerRefusal[] } = {
  conv2d: [
    ofVector(conv2d(4, 3)),
    refused(
      'an image smaller than the filter',
      IMAGE,
      [maxPool2d(4), conv2d(4, 3, { name: 'deep' })],
      /layers\[1\] \(deep\): .*height 3.*height 2/,
    ),
    refused('channels in parts', IMAGE, [conv2d(4, 3, { groups: 2 })], /\(conv2d_1\): groups 2 must divide the 3 input channels/),
    refused('filters in parts', IMAGE, [conv2d(4, 3, { groups: 3 })], /groups 3 must divide the 4 filters/),
  ],
  depthwiseConv2d: [
    ofVector(depthwiseConv2d(3)),
    refused('an image smaller than the filter', IMAGE, [depthwiseConv2d(9)], /\(depthwiseConv2d_1\): .*height 9.*height 8/),
  ],
  maxPool2d: [
    ofVector(maxPool2d(2)),
    refused(
      'windows of nothing but padding',
      IMAGE,
      [maxPool2d([3, 2], { padding: [0, 0, 2, 0] })],
      /maxPool2d_1\): padding \[0, 0, 2, 0\] leaves windows of size \[3, 2\] without any element; pad by less/,
    ),
  ],
  avgPool2d: [
    ofVector(avgPool2d(2)),
    refused('an image smaller than the window', IMAGE, [avgPool2d([1, 9])], /\(avgPool2d_1\): .*width 9.*width 8/),
  ],
  globalAvgPool2d: [ofVector(globalAvgPool2d())],
  globalMaxPool2d: [ofVector(globalMaxPool2d())],
  dense: [refused('an image', IMAGE, [conv2d(4, 3), dense(10)], /layers\[1\] \(dense_1\): .*\[6, 6, 4\]; put flatten\(\)/)],
  flatten: TAKES_ANY,
  dropout: TAKES_ANY,
  batchNorm: TAKES_ANY,
  activation: TAKES_ANY,
  layerNorm: TAKES_ANY,
  prelu: TAKES_ANY,
  conv2dTranspose: [
    ofVector(conv2dTranspose(4, 2)),
    refused(
      'channels in parts',
      IMAGE,
      [conv2dTranspose(4, 2, { groups: 2 })],
      /\(conv2dTranspose_1\): groups 2 must divide the 3 input channels/,
    ),
    refused(
      'an image that its padding takes all of',
      [1, 1, 3],
      [conv2dTranspose(4, 2, { padding: [1, 1, 0, 0] })],
      /\(conv2dTranspose_1\): its padding leaves nothing of the output, .*; pad by less/,
    ),
  ],
  upsample2d: [ofVector(upsample2d(2))],
  channelShuffle: [
    refused('channels in parts', IMAGE, [channelShuffle(2)], /\(channelShuffle_1\): groups 2 must divide the 3 channels/),
  ],
  reshape: [
    refused('another number of elements', IMAGE, [reshape([191])], /\(reshape_1\): shape \[191\] has 191 elements, .* 192/),
  ],
  branch: [
    refused(
      'paths of different height',
      IMAGE,
      [branch([conv2d(4, 3)], [conv2d(4, 3, { padding: 'same' })])],
      /layers\[0\] \(branch_1\): .*path 0 gives \[6, 6, 4\] and path 1 gives \[8, 8, 4\]/,
    ),
    refused('a vector beside an image', IMAGE, [branch([], [flatten()])], /path 0 gives \[8, 8, 3\] and path 1 gives \[192\]/),
    refused(
      'a misfit inside',
      IMAGE,
      [branch([], [conv2d(4, 1), dense(3)])],
      /layers\[0\]\.paths\[1\]\[1\] \(branch_1\/1\/dense_1\): needs a vector/,
    ),
  ],
  residual: [
    refused('layers that change the shape', IMAGE, [residual(conv2d(4, 1))], /\(residual_1\): .*\[8, 8, 3\].*\[8, 8, 4\]/),
    refused('a misfit inside', IMAGE, [residual(dense(3))], /layers\[0\]\.layers\[0\] \(residual_1\/dense_1\)/),
    refused(
      'a shortcut of another shape',
      IMAGE,
      [residual({ shortcut: [conv2d(4, 1)] }, conv2d(5, 1))],
      /\(residual_1\): its shortcut must give .*\[8, 8, 5\].*\[8, 8, 4\]/,
    ),
  ],
  gate: [refused('an image as factors', [4], [gate(reshape([1, 1, 4]))], /\(gate_1\): .*\[4\], but give \[1, 1, 4\]/)],
  repeat: [refused('layers that change the shape', IMAGE, [repeat(2, conv2d(4, 1))], /\(repeat_1\): .*\[8, 8, 3\].*\[8, 8, 4\]/)],
  merge: [
    refused(
      'paths to add that differ',
      IMAGE,
      [merge('add', [conv2d(4, 1)], [])],
      /\(merge_1\): to add, .* path 0 gives \[8, 8, 4\] and path 1 gives \[8, 8, 3\]/,
    ),
  ],
  tap: TAKES_ANY,
  join: [
    refused(
      'a tap of another size',
      IMAGE,
      [tap('a'), maxPool2d(2), join('a')],
      /\(join_1\): its input \[4, 4, 3\] and the tap 'a' \[8, 8, 3\] must agree in all but the last axis/,
    ),
    refused(
      'a tap of other channels to add',
      IMAGE,
      [tap('a'), conv2d(4, 1), join('a', 'add')],
      /\[8, 8, 4\] and the tap 'a' \[8, 8, 3\] must agree in all axes/,
    ),
  ],
  primaryCapsules: [
    ofVector(primaryCapsules(3, 2)),
    refused('an image smaller than the filter', IMAGE, [primaryCapsules(9, 3)], /\(primaryCapsules_1\): .*height 9.*height 8/),
    refused(
      'channels in parts',
      IMAGE,
      [primaryCapsules(3, 2)],
      /\(primaryCapsules_1\): the dimension of a capsule, 2, must divide the 3 channels/,
    ),
  ],
  capsules: [ofVector(capsules(4, 2))],
  capsuleLength: [ofVector(capsuleLength())],
};
