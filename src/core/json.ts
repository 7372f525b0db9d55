// JSON has no NaN and no infinities: what is written plainly comes back as null. Here they are strings, and a text that would be
// taken for one of them has an apostrophe before it.

const NAMES: ReadonlyMap<unknown, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

/** A text that means a number, or one with apostrophes before it. */
const QUOTED = /^'*(?:NaN|-?Infinity)$/;

/** JSON text of a value; its numbers that are not finite as the strings "NaN", "Infinity" and "-Infinity". `indent`: spaces a level [one line]. */
export function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, (_, part: unknown) => written(part), indent);
}

export function fromJson(text: string): unknown {
  return JSON.parse(text, (_, part: unknown) => NAMES.get(part) ?? (isQuoted(part) ? part.slice(1) : part));
}

function written(value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  return isQuoted(value) ? `'${value}` : value;
}

function isQuoted(value: unknown): value is string {
  return typeof value === 'string' && QUOTED.test(value);
}

/** Where a number is expected: the number that stands there. Null, which files of version 0.1 hold for all that is not finite, is NaN. */
export function fromJsonNumber(value: unknown): unknown {
  return value === null ? Number.NaN : (NAMES.get(value) ?? value);
}

/** JSON with the keys of every object in their order: the same text for the same data. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
