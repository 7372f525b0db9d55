/** States that can be gone back to and forward again. */
export interface History<T> {
  readonly past: readonly T[];
  readonly present: T;
  readonly future: readonly T[];
  /** What the latest edit changed: another of the same takes its place instead of following it. */
  readonly key?: string;
}

/** So many states can be gone back. */
const LENGTH = 200;

export const historyOf = <T>(present: T): History<T> => ({ past: [], present, future: [] });

/** `key` joins the steps of one edit, such as a number that is being typed. */
export function edited<T>(history: History<T>, present: T, key?: string): History<T> {
  if (present === history.present) return history;
  const joined = key !== undefined && key === history.key;
  const past = joined ? history.past : [...history.past, history.present].slice(-LENGTH);
  return { past, present, future: [], ...(key !== undefined && { key }) };
}

export function undone<T>({ past, present, future }: History<T>): History<T> {
  const before = past.at(-1);
  return before === undefined
    ? { past, present, future }
    : { past: past.slice(0, -1), present: before, future: [present, ...future] };
}

export function redone<T>({ past, present, future }: History<T>): History<T> {
  const [after, ...rest] = future;
  return after === undefined ? { past, present, future } : { past: [...past, present], present: after, future: rest };
}
