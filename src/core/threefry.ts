/**
 * Threefry-2x32 with 20 rounds: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
 * A counter-based generator of adds, rotations and xors alone, so that the GPU (shaders/lib/threefry.wgsl) and the CPU
 * draw the same words. All arguments and results are unsigned 32-bit integers.
 */
export function threefry2x32(key0: number, key1: number, counter0: number, counter1: number): [number, number] {
  const schedule = [key0 | 0, key1 | 0, 0x1bd11bda ^ key0 ^ key1] as const;
  let x0 = (counter0 + schedule[0]) | 0;
  let x1 = (counter1 + schedule[1]) | 0;
  for (let group = 0; group < 5; group++) {
    for (const rotation of ROTATIONS[group & 1] as readonly number[]) {
      x0 = (x0 + x1) | 0;
      x1 = ((x1 << rotation) | (x1 >>> (32 - rotation))) ^ x0;
    }
    x0 = (x0 + (schedule[(group + 1) % 3] as number)) | 0;
    x1 = (x1 + (schedule[(group + 2) % 3] as number) + group + 1) | 0;
  }
  return [x0 >>> 0, x1 >>> 0];
}

const ROTATIONS = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;
