import { imageBytes, type Shape } from 'paredown';
import type { Picture } from './calls.ts';

/** Digits of MNIST are as large as 20 of 28 pixels. */
const LARGEST = 20 / 28;
/** How much lighter than the background ink is. */
const INK = 64;

/** The bytes that a network is given of a picture. Throws where it takes no images. */
export function prepared(picture: Picture, shape: Shape): Uint8Array {
  const ordered = picture.centre && shape[2] === 1 ? centred(picture, shape) : picture;
  return swapped(imageBytes(ordered, shape), picture.swap);
}

function swapped(bytes: Uint8Array, swap: boolean): Uint8Array {
  return swap ? bytes.map((byte) => 255 - byte) : bytes;
}

/** The ink of a picture with its centre of mass in the middle, as large as `LARGEST` of the image; the picture where there is no ink. */
function centred(picture: Picture, [rows = 1, columns = 1]: Shape) {
  const { width, height } = picture;
  const grey = imageBytes(picture, [height, width, 1]);
  const background = picture.dark === picture.swap ? 255 : 0;
  const ink = grey.map((byte) => Math.abs(byte - background));
  const box = boxOf(ink, width);
  if (!box) return picture;
  const high = Math.ceil(Math.max(box.height, (box.width * rows) / columns) / LARGEST);
  const wide = Math.ceil((high * columns) / rows);
  const [top, left] = [place(box.height, box.massDown, high), place(box.width, box.massAcross, wide)];
  const data = new Uint8Array(high * wide).fill(background);
  for (let row = 0; row < box.height; row++) {
    const start = (box.top + row) * width + box.left;
    data.set(grey.subarray(start, start + box.width), (top + row) * wide + left);
  }
  return { width: wide, height: high, data, channels: 1 };
}

/** Where what is `size` long begins in `room`, its centre of mass, `mass` from its own beginning, in the middle, and none of it outside. */
function place(size: number, mass: number, room: number): number {
  return Math.min(room - size, Math.max(0, Math.round(room / 2 - mass)));
}

function boxOf(ink: Uint8Array, width: number) {
  let [top, bottom, left, right] = [Number.POSITIVE_INFINITY, -1, Number.POSITIVE_INFINITY, -1];
  let [sum, down, across] = [0, 0, 0];
  for (const [at, amount] of ink.entries()) {
    if (amount <= INK) continue;
    const [row, column] = [Math.floor(at / width), at % width];
    [top, bottom] = [Math.min(top, row), Math.max(bottom, row)];
    [left, right] = [Math.min(left, column), Math.max(right, column)];
    sum += amount;
    down += amount * (row + 0.5);
    across += amount * (column + 0.5);
  }
  if (sum === 0) return undefined;
  return {
    ...{ top, left, height: bottom - top + 1, width: right - left + 1 },
    ...{ massDown: down / sum - top, massAcross: across / sum - left },
  };
}
