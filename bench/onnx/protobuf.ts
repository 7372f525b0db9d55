/** The wire format of protocol buffers, as far as ONNX models need it: integers, bytes, and messages of these. */
export type Field = Uint8Array;

export function integer(number: number, value: number): Field {
  return joined([varint(number * 8), varint(value)]);
}

export function bytes(number: number, value: Uint8Array): Field {
  return joined([varint(number * 8 + 2), varint(value.length), value]);
}

export function text(number: number, value: string): Field {
  return bytes(number, new TextEncoder().encode(value));
}

export function message(number: number, ...fields: readonly Field[]): Field {
  return bytes(number, joined(fields));
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function varint(value: number): Uint8Array {
  const digits: number[] = [];
  let rest = value;
  do {
    digits.push((rest % 128) + (rest >= 128 ? 128 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Uint8Array.from(digits);
}
