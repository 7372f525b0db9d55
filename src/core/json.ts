// JSON has no NaN and no infinities: what is written plainly comes back as null. Here they are strings.

const NAMES: ReadonlyMap<unknown, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

/** JSON text of a value; its numbers that are not finite as the strings "NaN", "Infinity" and "-Infinity". `indent`: spaces a level [one line]. */
export function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, (_, part: unknown) => toJsonNumber(part), indent);
}

export function fromJson(text: string): unknown {
  return JSON.parse(text, (_, part: unknown) => NAMES.get(part) ?? part);
}

/** A number that is not finite as its string, anything else as it is. */
export function toJsonNumber(value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

/** Where a number is expected: the number that stands there. Null, which files of version 0.1 hold for all that is not finite, is NaN. */
export function fromJsonNumber(value: unknown): unknown {
  return value === null ? Number.NaN : (NAMES.get(value) ?? value);
}
