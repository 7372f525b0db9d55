import { elements, formatShape } from '../../../core/value.ts';
import { channelsOf } from '../../../graph/tensor.ts';
import { affine, block, type Code, loop } from '../code.ts';
import type { Layout } from '../memory.ts';
import type { Term } from './window.ts';

/** Height, width and channels; a vector is one pixel. */
export function imageOf({ shape }: Layout): readonly [number, number, number] {
  const [channels = 1, width = 1, height = 1] = [...shape].reverse();
  return [height, width, channels];
}

/** A constant. */
export function fromFlash(role: string, index: string): string {
  return `FROM_FLASH(${role}[${index}])`;
}

/** An element of a value at a pixel. */
export function element(pointer: string, layout: Layout, row: string, column: string, ...channel: readonly Term[]): string {
  return `${pointer}[${affine([row, imageOf(layout)[1] * layout.stride], [column, layout.stride], ...channel)}]`;
}

/** Each pixel of a value. */
export function overPixels(layout: Layout, type: string, body: (row: string, column: string) => Code): Code {
  const [height, width] = imageOf(layout);
  return loop(type, 'row', height, (row) => loop(type, 'column', width, (column) => body(row, column)));
}

/** Each element of values of one shape; `body` gets the index in each. */
export function overElements(
  layouts: readonly Layout[],
  type: string,
  body: (channel: string, indices: readonly string[]) => Code,
): Code {
  const [first] = layouts;
  if (!first) return [];
  const channels = channelsOf(first.shape);
  const pixels = elements(first.shape) / channels;
  return loop(type, 'pixel', pixels, (pixel) =>
    loop(type, 'c', channels, (c) =>
      body(
        c,
        layouts.map(({ stride }) => affine([pixel, stride], [c, 1])),
      ),
    ),
  );
}

/** Whether the elements of values lie one behind the other, in all alike. */
export function areDense(layouts: readonly Layout[]): boolean {
  return layouts.every((layout) => {
    const channels = channelsOf(layout.shape);
    return layout.stride === channels || elements(layout.shape) === channels;
  });
}

/** Each element of values of as many elements. */
export function each(indexType: string, layouts: readonly Layout[], body: (indices: readonly string[]) => Code): Code {
  const count = elements(layouts[0]?.shape ?? []);
  if (!areDense(layouts)) return overElements(layouts, indexType, (_, indices) => body(indices));
  if (count === 1) return body(layouts.map(() => '0'));
  return block(`for (${indexType} i = 0; i < ${count}; i++)`, body(layouts.map(() => 'i')));
}

/** `, [28, 28, 1] -> [26, 26, 3]` */
export function shapesText(inputs: readonly Layout[], output: Layout): string {
  const text = ({ shape, stride }: Layout) =>
    `${formatShape(shape)}${stride === channelsOf(shape) || elements(shape) === channelsOf(shape) ? '' : ` (pixels ${stride} floats apart)`}`;
  const given = inputs.map(text);
  return `, ${given.length === 1 && given[0] === text(output) ? text(output) : `${given.join(' and ')} -> ${text(output)}`}`;
}
