import type { WindowGeometry } from '../../core/geometry.ts';

/** What the format can say of a window's padding: all that is needed (TensorFlow's `same`), or none. */
export type FormatPadding = 'same' | 'valid';

/** `[top, bottom, left, right]`. */
export type Sides = readonly [number, number, number, number];

/** The padding by its name; undefined where the format has none and the input is to be padded before. */
export function namedPadding(window: WindowGeometry): FormatPadding | undefined {
  const [height, width] = axes(window);
  if ([height, width].every(({ before, output, room }) => before === 0 && output === room + 1)) return 'valid';
  return [height, width].every(({ before, needed, input, stride, output }) => {
    return output === Math.ceil(input / stride) && before === Math.floor(Math.max(needed, 0) / 2);
  })
    ? 'same'
    : undefined;
}

/**
 * As `namedPadding`, for convolutions: one whose windows reach beyond the image along one axis and leave some of it out along the other
 * is `same` as well, but XNNPACK of 2022 pads it wrongly.
 */
export function convolutionPadding(window: WindowGeometry): FormatPadding | undefined {
  const named = namedPadding(window);
  return named === 'same' && axes(window).some(({ needed }) => needed < 0) ? undefined : named;
}

/** What to put around the input so that the windows then need no padding. The last rows and columns that no window reaches are left out. */
export function sidesOf(window: WindowGeometry): Sides {
  const [height, width] = axes(window).map(({ before, needed }) => [before, Math.max(needed - before, 0)] as const);
  return [...(height ?? [0, 0]), ...(width ?? [0, 0])] as unknown as Sides;
}

function axes(window: WindowGeometry) {
  const axis = (input: number, output: number, extent: number, stride: number, before: number) => ({
    input,
    output,
    stride,
    before,
    /** What the windows reach beyond the input, on both sides together. */
    needed: (output - 1) * stride + extent - input,
    /** How often a window can move on without padding. */
    room: Math.floor((input - extent) / stride),
  });
  const extentHeight = (window.windowHeight - 1) * window.dilationHeight + 1;
  const extentWidth = (window.windowWidth - 1) * window.dilationWidth + 1;
  return [
    axis(window.inputHeight, window.outputHeight, extentHeight, window.strideHeight, window.top),
    axis(window.inputWidth, window.outputWidth, extentWidth, window.strideWidth, window.left),
  ] as const;
}

/** As the options of operators. */
export function stridesOf({ strideHeight, strideWidth }: WindowGeometry) {
  return { strideWidth, strideHeight };
}
