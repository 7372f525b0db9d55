import { useEffect, useRef } from 'preact/hooks';
import type { Tiles } from '../engine/calls.ts';

interface PictureProps {
  readonly width: number;
  readonly height: number;
  readonly colours: 1 | 3;
  /** [height, width, colours]; nothing yet: an empty frame of that shape. */
  readonly pixels?: Uint8Array;
  readonly label?: string;
}

/** Bytes as a picture, enlarged without smoothing. Without a label it belongs to something that has one. */
export function Picture({ width, height, colours, pixels, label }: PictureProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    // Small, and drawn by the processor: no other way is as soon done.
    const context = canvas.current?.getContext('2d', { willReadFrequently: true });
    if (!context || !pixels) return;
    const image = context.createImageData(width, height);
    for (let at = 0; at < width * height; at++)
      for (let colour = 0; colour < 4; colour++)
        image.data[4 * at + colour] = colour === 3 ? 255 : (pixels[colours * at + (colours === 3 ? colour : 0)] ?? 0);
    context.putImageData(image, 0, 0);
  }, [pixels, width, height, colours]);
  const named = label === undefined ? { 'aria-hidden': true as const } : { role: 'img' as const, 'aria-label': label };
  return (
    <canvas
      ref={canvas}
      class="picture"
      width={width}
      height={height}
      style={height === 1 ? {} : { aspectRatio: `${width} / ${height}` }}
      {...named}
    />
  );
}

/** Pictures of one size beside each other; as long as there are none, their frames. */
export function TileRow({
  tiles,
  label,
}: {
  readonly tiles: Omit<Tiles, 'pixels'> & { readonly pixels?: Uint8Array };
  readonly label: string;
}) {
  const { width, height, colours, count, pixels } = tiles;
  const length = width * height * colours;
  return (
    <div class={height === 1 ? 'tiles strip' : 'tiles'} role="img" aria-label={label}>
      {Array.from({ length: count }, (_, index) => (
        <Picture key={index} {...{ width, height, colours }} pixels={pixels?.subarray(index * length, (index + 1) * length)} />
      ))}
    </div>
  );
}
