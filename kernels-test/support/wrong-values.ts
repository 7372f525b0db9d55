/** What an argument or option takes: the names of WRONG that are right for it. */
export type Takes = readonly (keyof typeof WRONG)[];

const circle: Record<string, unknown> = { shape: [1] };
circle.self = circle;

/** One value of each kind that a program without types may hand over. */
export const WRONG = {
  nothing: undefined,
  null: null,
  number: 7,
  notANumber: Number.NaN,
  text: 'text',
  list: [],
  record: {},
  unknownField: { noSuchOption: 1 },
  circle,
  function: () => 0,
  promise: Promise.resolve({}),
  symbol: Symbol('symbol'),
  bigint: 1n,
  true: true,
  bytes: new Uint8Array(4),
  map: new Map(),
  date: new Date(0),
} as const;

/** Runs a call to where it says what it thinks of its arguments: an awaited fit or promise, the first item of a generator. */
export async function outcomeOf(call: () => unknown): Promise<{ error?: unknown }> {
  try {
    const result = call() as { next?: () => unknown } | undefined;
    if (typeof result?.next === 'function') await result.next();
    else await result;
    return {};
  } catch (error) {
    return { error };
  }
}
