const whole = new Intl.NumberFormat('en');

export const count = (value: number): string => whole.format(value);
export const percent = (share: number): string => (Number.isFinite(share) ? `${(100 * share).toFixed(2)}%` : '-');
/** Bytes, in the unit that leaves at most four digits. */
export function bytes(value: number): string {
  if (value < 10_000) return `${whole.format(value)} bytes`;
  return value < 10_000_000 ? `${whole.format(Math.round(value / 1000))} kB` : `${whole.format(Math.round(value / 1e6))} MB`;
}
/** Milliseconds, as long as they are few. */
export const milliseconds = (ms: number): string =>
  Number.isFinite(ms) ? `${ms < 1000 ? ms.toPrecision(3) : count(Math.round(ms))} ms` : '-';

export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return '-';
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
