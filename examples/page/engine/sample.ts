import type { Dataset } from 'paredown';
import type { Sample } from './calls.ts';
import type { Session } from './session.ts';

export const sampleCalls = (session: Session) => ({
  /** A validation image; past the last one it begins again with the first. Nothing where there are none with labels. */
  async sample(index: number): Promise<Sample | undefined> {
    const data = session.splits?.validation;
    if (!data || data.classes === undefined) return undefined;
    const at = index % data.size;
    return { pixels: pixelsOf(data, at), label: data.y[at] ?? 0, of: data.size };
  },
});

/** An image of a data set as bytes; floats are spread over what they take. */
export function pixelsOf({ x, inputShape }: Dataset, index: number): Uint8Array {
  const length = inputShape.reduce((product, size) => product * size, 1);
  const stored = x.subarray(index * length, (index + 1) * length);
  if (stored instanceof Uint8Array) return stored.slice();
  const low = stored.reduce((least, value) => Math.min(least, value), Infinity);
  const high = stored.reduce((most, value) => Math.max(most, value), -Infinity);
  return Uint8Array.from(stored, (value) => (255 * (value - low)) / (high - low || 1));
}
