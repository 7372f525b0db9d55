import type { WindowGeometry } from '../../../core/geometry.ts';
import { affine, block, type Code, loop, sequence } from '../code.ts';

/** A term of a sum of indices. */
export type Term = readonly [index: string, factor: number];

interface Axis {
  readonly size: number;
  readonly output: number;
  readonly window: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
}

function axesOf(g: WindowGeometry): readonly [Axis, Axis] {
  return [
    {
      size: g.inputHeight,
      output: g.outputHeight,
      window: g.windowHeight,
      stride: g.strideHeight,
      dilation: g.dilationHeight,
      before: g.top,
    },
    {
      size: g.inputWidth,
      output: g.outputWidth,
      window: g.windowWidth,
      stride: g.strideWidth,
      dilation: g.dilationWidth,
      before: g.left,
    },
  ];
}

/** Whether a window reaches over the image's first and last row or column. */
function reaches({ size, output, window, stride, dilation, before }: Axis): { readonly first: boolean; readonly last: boolean } {
  return { first: before > 0, last: (output - 1) * stride + (window - 1) * dilation - before >= size };
}

/** Whether all windows lie in the image. */
export function isInside(g: WindowGeometry): boolean {
  return axesOf(g).every((axis) => !reaches(axis).first && !reaches(axis).last);
}

/** Whether the columns of every window lie in the image, one beside the other. */
export function columnsAreDense(g: WindowGeometry): boolean {
  const { first, last } = reaches(axesOf(g)[1]);
  return !first && !last && g.dilationWidth === 1;
}

/** The rows of the window at output row `row`, where they lie in the image; `body` gets the row of the window and that of the image. */
export function windowRows(type: string, g: WindowGeometry, row: string, body: (i: string, from: readonly Term[]) => Code): Code {
  return along(type, axesOf(g)[0], { at: row, loop: 'i', from: 'from_row' }, body);
}

export function windowColumns(
  type: string,
  g: WindowGeometry,
  column: string,
  body: (j: string, from: readonly Term[]) => Code,
): Code {
  return along(type, axesOf(g)[1], { at: column, loop: 'j', from: 'from_column' }, body);
}

/** The index of the output, that of the window, and what is called the one that both lead to. */
interface AxisNames {
  readonly at: string;
  readonly loop: string;
  readonly from: string;
}

function along(type: string, axis: Axis, names: AxisNames, body: (index: string, from: readonly Term[]) => Code): Code {
  const { first, last } = reaches(axis);
  const { size, window, stride, dilation, before } = axis;
  return loop(type, names.loop, window, (index) => {
    const terms: readonly Term[] = [
      [names.at, stride],
      [index, dilation],
    ];
    if (!first && !last) return body(index, terms);
    const conditions = [...(first ? [`${names.from} >= 0`] : []), ...(last ? [`${names.from} < ${size}`] : [])];
    return sequence(
      [`const ${type} ${names.from} = ${affine(...terms, -before)};`],
      block(`if (${conditions.join(' && ')})`, body(index, [[names.from, 1]])),
    );
  });
}

/** The rows i of the window through which a row of the input's gradient, which is here the output, is reached; and from which row. */
export function gatheredRows(type: string, g: WindowGeometry, row: string, body: (i: string, from: string) => Code): Code {
  return gathered(type, axesOf(g)[0], { at: row, loop: 'i', from: 'down' }, body);
}

export function gatheredColumns(type: string, g: WindowGeometry, column: string, body: (j: string, from: string) => Code): Code {
  return gathered(type, axesOf(g)[1], { at: column, loop: 'j', from: 'across' }, body);
}

function gathered(type: string, axis: Axis, names: AxisNames, body: (index: string, from: string) => Code): Code {
  const { size, output, window, stride, dilation, before } = axis;
  return loop(type, names.loop, window, (index) => {
    const conditions = [
      ...((window - 1) * dilation > before ? [`${names.from} >= 0`] : []),
      ...(stride > 1 ? [`${names.from} % ${stride} == 0`] : []),
      ...(size - 1 + before >= output * stride ? [`${names.from} < ${output * stride}`] : []),
    ];
    const inner = body(index, stride === 1 ? names.from : `${names.from} / ${stride}`);
    return sequence(
      [`const ${type} ${names.from} = ${affine([names.at, 1], [index, -dilation], before)};`],
      conditions.length === 0 ? inner : block(`if (${conditions.join(' && ')})`, inner),
    );
  });
}

/** Terms times a factor. */
export function times(terms: readonly Term[], factor: number): Term[] {
  return terms.map(([index, own]) => [index, own * factor]);
}

/** `3x3 convolution, strides 2x1, padding 1 0 2 1 (top, bottom, left, right)` */
export function windowText(what: string, g: WindowGeometry): string {
  const pair = (what: string, height: number, width: number) =>
    height === 1 && width === 1 ? [] : [`${what} ${height}x${width}`];
  const sides = [g.top, g.bottom, g.left, g.right];
  return [
    `${g.windowHeight}x${g.windowWidth} ${what}`,
    ...pair('strides', g.strideHeight, g.strideWidth),
    ...pair('dilations', g.dilationHeight, g.dilationWidth),
    ...(sides.every((side) => side === 0) ? [] : [`padding ${sides.join(' ')} (top, bottom, left, right)`]),
  ].join(', ');
}
