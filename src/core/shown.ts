/** What was found, as an error shows it: short, and whatever it is. */
export function shown(value: unknown): string {
  if (typeof value === 'function') return value.name ? `the function ${value.name}` : 'a function';
  if (typeof value === 'symbol' || typeof value === 'bigint') return `a ${typeof value}`;
  if (typeof value !== 'object' || value === null) return cut(typeof value === 'string' ? JSON.stringify(value) : String(value));
  if (typeof (value as { then?: unknown }).then === 'function') return 'a Promise (write await before it)';
  if (ArrayBuffer.isView(value)) {
    const { length } = value as { readonly length?: number };
    return `a ${value.constructor.name}${length === undefined ? '' : ` of ${length}`}`;
  }
  const name = value.constructor?.name || Object.prototype.toString.call(value).slice('[object '.length, -1);
  if (name !== 'Object' && name !== 'Array') return `a ${name}`;
  try {
    return cut(JSON.stringify(value, (_, part) => short(part)));
  } catch {
    // It holds itself, for example.
    return name === 'Array' ? 'an array' : `an object with ${Object.keys(value).slice(0, 8).join(', ') || 'no fields'}`;
  }
}

/** In words what JSON would drop or refuse, and of what may be large no more than will be shown. */
function short(part: unknown): unknown {
  if (['function', 'symbol', 'bigint'].includes(typeof part)) return `(${typeof part})`;
  if (ArrayBuffer.isView(part)) return `(${part.constructor.name})`;
  return Array.isArray(part) ? part.slice(0, MOST) : part;
}

const MOST = 80;

function cut(text: string): string {
  return text.length > MOST ? `${text.slice(0, MOST - 3)}...` : text;
}
