import { batch, computed, signal } from '@preact/signals';
import type { Picture } from '../../engine/draw/calls.ts';
import { subject } from '../subject.ts';

/** Shares of the canvas' width and height. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** What is drawn on: an image of the data, one from elsewhere, or nothing. */
export interface Ground {
  readonly kind: 'data' | 'picture';
  readonly image: CanvasImageSource;
  /** For a person. */
  readonly name: string;
}

export const ground = signal<Ground | undefined>(undefined);
export const strokes = signal<readonly (readonly Point[])[]>([]);
/** Whether light and dark change places before the network sees it. */
export const swap = signal(false);
/** Whether ink is moved to the middle. */
export const centre = signal(true);

/** The network's input, or what most digits are where there is none yet. */
const shape = computed(() => subject.value?.shape ?? [28, 28, 1]);
/** Whether the network takes images. */
export const takesImages = computed(() => shape.value.length === 3 && (shape.value[2] === 1 || shape.value[2] === 3));
export const oneChannel = computed(() => shape.value[2] === 1);
const dark = computed(() => subject.value?.dark ?? true);

/** Pixels of the canvas: a whole number for each of the network's, so that an image of the data stays what it is. */
export const canvasSize = computed(() => {
  const [height = 28, width = 28] = takesImages.value ? shape.value : [28, 28];
  const times = Math.max(1, Math.round(336 / Math.max(height, width)));
  return { width: width * times, height: height * times };
});

export const empty = computed(() => strokes.value.length === 0 && !ground.value);

/** Of the smaller side. */
const PEN = 0.08;

export function paint(context: CanvasRenderingContext2D): void {
  const { width, height } = context.canvas;
  context.fillStyle = dark.value ? '#000' : '#fff';
  context.fillRect(0, 0, width, height);
  if (ground.value) {
    context.imageSmoothingEnabled = ground.value.kind === 'picture';
    context.imageSmoothingQuality = 'high';
    context.drawImage(ground.value.image, 0, 0, width, height);
  }
  // Ink is as the network sees it, but on an image that is yet to be swapped.
  const light = ground.value ? dark.value !== swap.value : dark.value;
  context.strokeStyle = light ? '#fff' : '#000';
  context.lineWidth = PEN * Math.min(width, height);
  context.lineCap = 'round';
  context.lineJoin = 'round';
  for (const [first, ...others] of strokes.value) {
    if (!first) continue;
    context.beginPath();
    context.moveTo(first.x * width, first.y * height);
    // A dot is a line of no length.
    for (const { x, y } of others.length > 0 ? others : [first]) context.lineTo(x * width, y * height);
    context.stroke();
  }
}

/** What the network is asked about. */
export function pictureOf(context: CanvasRenderingContext2D): Picture {
  const { width, height } = context.canvas;
  const { data } = context.getImageData(0, 0, width, height);
  return { width, height, data, swap: swap.value, centre: centre.value, dark: dark.value };
}

/** Draws on an image, or on nothing. */
export function begin(chosen: Ground | undefined): void {
  batch(() => {
    ground.value = chosen;
    strokes.value = [];
    // Ink alone can be told from its background.
    centre.value = chosen === undefined;
    swap.value = chosen?.kind === 'picture' && oneChannel.value && isDark(chosen.image) !== dark.value;
  });
}

export function undo(): void {
  strokes.value = strokes.value.slice(0, -1);
}

/** Whether the border of an image is dark. */
function isDark(image: CanvasImageSource): boolean {
  const side = 16;
  const context = new OffscreenCanvas(side, side).getContext('2d');
  if (!context) return false;
  context.drawImage(image, 0, 0, side, side);
  const { data } = context.getImageData(0, 0, side, side);
  let [sum, count] = [0, 0];
  for (let row = 0; row < side; row++)
    for (let column = 0; column < side; column++) {
      if (row % (side - 1) > 0 && column % (side - 1) > 0) continue;
      const [red = 0, green = 0, blue = 0] = data.subarray(4 * (row * side + column));
      sum += (red + green + blue) / 3;
      count++;
    }
  return sum / count < 128;
}
