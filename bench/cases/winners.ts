import type { WindowGeometry } from '../../src/core/geometry.ts';
import { argmaxWords, codesPerWord } from '../../src/kernels/pool/problem.ts';
import type { Contents } from './case.ts';

/** Which tap of each window of x [batch, H, W, channels] is the largest, the first of equals: [batch, OH, OW, channels]. */
export function winnersOf(g: WindowGeometry, batch: number, channels: number, x: Float64Array): Uint32Array<ArrayBuffer> {
  const taps = new Uint32Array(batch * g.outputHeight * g.outputWidth * channels);
  let output = 0;
  for (let n = 0; n < batch; n++)
    for (let oy = 0; oy < g.outputHeight; oy++)
      for (let ox = 0; ox < g.outputWidth; ox++)
        for (let c = 0; c < channels; c++, output++) {
          let best = Number.NEGATIVE_INFINITY;
          for (let ky = 0; ky < g.windowHeight; ky++)
            for (let kx = 0; kx < g.windowWidth; kx++) {
              const iy = oy * g.strideHeight - g.top + ky;
              const ix = ox * g.strideWidth - g.left + kx;
              if (iy < 0 || iy >= g.inputHeight || ix < 0 || ix >= g.inputWidth) continue;
              const value = x[((n * g.inputHeight + iy) * g.inputWidth + ix) * channels + c] as number;
              if (value <= best) continue;
              best = value;
              taps[output] = ky * g.windowWidth + kx;
            }
        }
  return taps;
}

/** Tap numbers several to a word, as src/kernels/pool/problem.ts has them. */
export function packedWinners(g: WindowGeometry, channels: number, taps: Uint32Array): Contents {
  const codes = codesPerWord(g);
  const words = argmaxWords(channels, g);
  const packed = new Uint32Array((taps.length / channels) * words);
  taps.forEach((tap, i) => {
    const channel = i % channels;
    const at = Math.floor(i / channels) * words + Math.floor(channel / codes);
    packed[at] = ((packed[at] as number) | (tap << ((channel % codes) * (32 / codes)))) >>> 0;
  });
  return packed;
}

export function unpackedWinners(g: WindowGeometry, channels: number, memory: ArrayBuffer | undefined): Uint32Array {
  const packed = new Uint32Array(memory ?? new ArrayBuffer(0));
  const codes = codesPerWord(g);
  const words = argmaxWords(channels, g);
  const bits = 32 / codes;
  return new Uint32Array((packed.length / words) * channels).map((_, i) => {
    const channel = i % channels;
    const word = packed[Math.floor(i / channels) * words + Math.floor(channel / codes)] ?? 0;
    return bits === 32 ? word : (word >>> ((channel % codes) * bits)) & (2 ** bits - 1);
  });
}
