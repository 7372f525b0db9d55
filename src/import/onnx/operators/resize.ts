import { upsample2d } from '../../../model/layers/upsample2d.ts';
import { asImage, CHANNELS_FIRST, featureOf } from '../feature.ts';
import type { Importer, Operator } from '../importer.ts';
import { layerNode } from '../ir.ts';
import type { OnnxNode } from '../node.ts';
import { axisSizes } from '../view.ts';

/** Each pixel repeated, by whole factors. */
const upsampled = (node: OnnxNode, importer: Importer, factors: readonly number[]) => {
  const [batch = 1, channels = 1, height = 0, width = 0] = factors;
  if (
    factors.length !== 4 ||
    batch !== 1 ||
    channels !== 1 ||
    ![height, width].every((factor) => Number.isInteger(factor) && factor >= 1)
  )
    throw node.fault(`it scales by [${factors.join(', ')}]`, 'needed are [1, 1, height, width] with whole factors');
  const image = asImage(node, importer.feature(node, 0), CHANNELS_FIRST);
  return featureOf(layerNode(node.where, image.node, () => upsample2d([height, width])));
};

export const Upsample: Operator = (node, importer) => {
  const mode = node.text('mode', 'nearest');
  if (mode !== 'nearest') throw node.attributeFault('mode', `is '${mode}'`, "needed is 'nearest'");
  const scales = node.read('scales');
  const given = Array.isArray(scales) ? (scales as number[]) : Array.from(importer.constant(node, 1).data);
  return upsampled(node, importer, given);
};

/** Where the pixel that is taken is the one below, in each way that exporters write it. */
const REPEATS = [
  'asymmetric floor',
  'asymmetric round_prefer_floor',
  'half_pixel round_prefer_floor',
  'half_pixel round_prefer_ceil',
];

export const Resize: Operator = (node, importer) => {
  const mode = node.text('mode', 'nearest');
  if (mode !== 'nearest') throw node.attributeFault('mode', `is '${mode}'`, "needed is 'nearest'");
  const isOld = node.opset < 11;
  const transformation = node.text('coordinate_transformation_mode', isOld ? 'asymmetric' : 'half_pixel');
  const rounding = node.text('nearest_mode', isOld ? 'floor' : 'round_prefer_floor');
  for (const name of ['cubic_coeff_a', 'exclude_outside', 'extrapolation_value', 'antialias']) node.read(name);
  for (const name of ['axes', 'keep_aspect_ratio_policy'])
    if (node.has(name)) throw node.attributeFault(name, 'is given', 'needed are scales of all four axes');
  const image = importer.feature(node, 0);
  // The region of interest, which only a transformation that is refused looks at.
  if (!isOld) importer.optionalConstant(node, 1);
  const [scales, sizes] = isOld
    ? [importer.constant(node, 1)]
    : [importer.optionalConstant(node, 2), importer.optionalConstant(node, 3)];
  const before = axisSizes(image.view);
  const factors =
    scales && scales.data.length > 0
      ? Array.from(scales.data)
      : [
          1,
          ...Array.from(sizes?.data ?? [])
            .slice(1)
            .map((size, axis) => size / (before[axis] ?? 1)),
        ];
  const [, , height = 1, width = 1] = factors;
  const isPlain =
    REPEATS.includes(`${transformation} ${rounding}`) &&
    (rounding === 'floor' || !transformation.startsWith('asym') || Math.max(height, width) <= 2);
  if (!isPlain)
    throw node.attributeFault(
      'coordinate_transformation_mode',
      `'${transformation}' with nearest_mode '${rounding}' takes other pixels than the one below`,
      "needed is 'asymmetric' with 'floor', or 'half_pixel'",
    );
  return upsampled(node, importer, factors);
};
