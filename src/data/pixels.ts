import { resizeArea } from './resize.ts';

/** Bytes of one image, [rows, columns, channels]; red, green and blue where there are three. */
export interface Pixels {
  readonly rows: number;
  readonly columns: number;
  readonly channels: 1 | 3;
  readonly bytes: Uint8Array;
}

/**
 * Bytes of the image with `channels`, averaged by area to `size` where it has another. Grey is repeated for three channels; colour
 * becomes luma, round(0.299 red + 0.587 green + 0.114 blue) (ITU-R BT.601), for one.
 */
export function fitted(pixels: Pixels, size: readonly [rows: number, columns: number], channels: 1 | 3): Uint8Array {
  const { rows, columns, channels: own, bytes } = pixels;
  const [planes, seen] = own === 3 && channels === 1 ? ([1, luma(bytes)] as const) : ([own, bytes] as const);
  const resized = rows === size[0] && columns === size[1] ? seen : resizeArea(seen, [rows, columns, planes], size);
  return planes === channels ? resized : repeated(resized);
}

function luma(colours: Uint8Array): Uint8Array {
  const grey = new Uint8Array(colours.length / 3);
  for (let pixel = 0; pixel < grey.length; pixel++) {
    const [red, green, blue] = [colours[3 * pixel], colours[3 * pixel + 1], colours[3 * pixel + 2]] as [number, number, number];
    grey[pixel] = Math.floor((299 * red + 587 * green + 114 * blue + 500) / 1000);
  }
  return grey;
}

function repeated(grey: Uint8Array): Uint8Array {
  const colours = new Uint8Array(3 * grey.length);
  for (let i = 0; i < grey.length; i++) colours.fill(grey[i] as number, 3 * i, 3 * i + 3);
  return colours;
}
