import { signal } from '@preact/signals';
import { engine } from '../engine.ts';
import { latest } from '../latest.ts';
import { messageOf } from '../messages.ts';
import { begin } from './picture.ts';

/** A photograph is smaller; what is larger is not decoded. */
const MOST_BYTES = 50 * 1024 * 1024;

/** What is said of the image that was chosen last, and whether it could not be taken. */
export const said = signal<{ readonly text: string; readonly bad: boolean }>({ text: '', bad: false });

/** Takes an image of a file that was chosen, dropped or pasted. */
export async function takeImage(file: Blob & { readonly name?: string }): Promise<void> {
  const name = file.name ?? 'the image';
  try {
    if (file.size > MOST_BYTES)
      throw new Error(`it has ${Math.round(file.size / 2 ** 20)} MiB, more than the ${MOST_BYTES / 2 ** 20} that are read here`);
    const image = await createImageBitmap(file, { colorSpaceConversion: 'none' }).catch(() => {
      throw new Error('it is no image that this browser can read');
    });
    begin({ kind: 'picture', image, name });
    said.value = { text: `Shows ${name}, ${image.width} x ${image.height} pixels.`, bad: false };
  } catch (error) {
    said.value = { text: `${name} can't be taken: ${messageOf(error)}.`, bad: true };
  }
}

/** Takes an image of the test set. */
export const takeDataImage = latest(async (index: number) => {
  const found = await engine.dataImage(index);
  if (!found) {
    said.value = { text: 'The data that are chosen are no images of bytes.', bad: true };
    return;
  }
  const { width, height, channels, bytes, label } = found;
  const pixels = new ImageData(width, height);
  for (let pixel = 0; pixel < width * height; pixel++)
    for (let colour = 0; colour < 4; colour++)
      pixels.data[4 * pixel + colour] = colour === 3 ? 255 : (bytes[channels === 1 ? pixel : 3 * pixel + colour] ?? 0);
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext('2d')?.putImageData(pixels, 0, 0);
  begin({ kind: 'data', image: canvas, name: `test image ${index + 1}` });
  said.value = { text: `Test image ${index + 1} is labelled ${label}.`, bad: false };
});
