import { useEffect, useRef } from 'preact/hooks';

interface Pixels {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue and alpha. */
  readonly data: Uint8ClampedArray<ArrayBuffer>;
}

/** An image by its pixels, enlarged without smoothing; what it shows is told beside it. */
export function Picture({ pixels }: { readonly pixels: Pixels }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { width, height, data } = pixels;
  useEffect(() => {
    canvas.current?.getContext('2d')?.putImageData(new ImageData(data, width, height), 0, 0);
  }, [data]);
  return <canvas class="thumbnail" ref={canvas} width={width} height={height} />;
}
