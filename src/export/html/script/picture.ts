import { contextOf } from './elements.ts';

const MOST_BYTES = 64 * 2 ** 20;
/** A canvas of more is more than some browsers make. */
const MOST_PIXELS = 2 ** 26;
/** The longer side of what is shown. */
const SHOWN_SIDE = 896;

/** The pixels of an image file. Throws an error that says what is wrong with it. */
export async function pixelsOfFile(file: File): Promise<ImageData> {
  const name = file.name || 'The image';
  if (file.size > MOST_BYTES) throw new Error(`${name} has more than ${MOST_BYTES / 2 ** 20} MiB; choose a smaller one`);
  const bitmap = await createImageBitmap(file).catch(() => undefined);
  if (!bitmap) throw new Error(`${name} is no image that this browser can read; choose a PNG or a JPEG`);
  const { width, height } = bitmap;
  if (width * height > MOST_PIXELS)
    throw new Error(`${name} has ${width} x ${height} pixels, which is too many; choose a smaller one`);
  const canvas = canvasOf(width, height);
  const context = contextOf(canvas);
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return context.getImageData(0, 0, width, height);
}

/** Shows an image on a canvas, smaller where it is large. */
export function show(image: ImageData, canvas: HTMLCanvasElement): void {
  const factor = Math.min(1, SHOWN_SIDE / Math.max(image.width, image.height));
  const whole = canvasOf(image.width, image.height);
  contextOf(whole).putImageData(image, 0, 0);
  canvas.width = Math.max(1, Math.round(image.width * factor));
  canvas.height = Math.max(1, Math.round(image.height * factor));
  const context = contextOf(canvas);
  // What is transparent is seen on white.
  context.fillStyle = '#fff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(whole, 0, 0, canvas.width, canvas.height);
}

/** The bytes that a network sees, grey or coloured, as they are. */
export function showBytes(
  bytes: Uint8Array,
  [rows = 1, columns = 1, channels = 1]: readonly number[],
  canvas: HTMLCanvasElement,
): void {
  canvas.width = columns;
  canvas.height = rows;
  const image = new ImageData(columns, rows);
  for (let pixel = 0; pixel < rows * columns; pixel++) {
    for (let colour = 0; colour < 3; colour++)
      image.data[4 * pixel + colour] = bytes[pixel * channels + (channels === 3 ? colour : 0)] ?? 0;
    image.data[4 * pixel + 3] = 255;
  }
  contextOf(canvas).putImageData(image, 0, 0);
}

export function canvasOf(width: number, height: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  return canvas;
}
