import { isRecord } from '../../core/arguments.ts';
import { DataError } from '../../core/errors.ts';
import { isLayerType } from '../../model/layers/registry.ts';
import type { LayerType } from '../../model/types.ts';
import { BitModel } from './bit-model.ts';
import type { Coder } from './coder.ts';
import { CountModel, IntegerModel, SymbolModel } from './numbers.ts';
import { EXPECTED, LAYER_FIELDS, TYPE_BITS, TYPES, WORD_BITS, WORDS } from './vocabulary.ts';

/** Kinds of values by number. */
const KINDS = [
  'integer',
  'word',
  'false',
  'list',
  'record',
  'layer',
  'text',
  'decimal',
  'reciprocal',
  'hex',
  'true',
  'null',
  'float',
] as const;
type ValueKind = (typeof KINDS)[number];
const KIND_BITS = 4;

/** Of lists in lists, or layers in layers: more than any network has, and few enough for any engine's stack. */
const MOST_NESTED = 200;

/** How probable it is that a layer has a field that it may lack. */
const SELDOM = 1 / 16;

/** What was learned of the values of one field, wherever it stands. */
class FieldModel {
  readonly expected = new BitModel(1 - SELDOM);
  readonly repeated = new BitModel();
  readonly kind = new SymbolModel(KIND_BITS);
  readonly integer = new IntegerModel();
  readonly exponent = new IntegerModel();
  readonly word = new SymbolModel(WORD_BITS);
  readonly count = new CountModel();
  /** The latest value. */
  latest: unknown;
}

/**
 * Plain data as bits: what JSON holds, layers of a model in a form of their own. A value that the same field had before costs about a
 * bit. Layers are expected without the fields that their defaults fill in.
 */
export class JsonCoder {
  private readonly fields = new Map<string, FieldModel>();
  private readonly present = new Map<string, BitModel>();
  private readonly types = new SymbolModel(TYPE_BITS);
  private readonly further = new CountModel();
  private readonly letters = new SymbolModel(8);
  private depth = 0;

  constructor(private readonly coder: Coder) {}

  /** `field`: what the value is called, by which values are told apart that are alike. */
  value(field: string, value: unknown): unknown {
    if (++this.depth > MOST_NESTED) throw new DataError(`compressed model: its layers are nested more than ${MOST_NESTED} deep`);
    const model = this.fields.get(field) ?? new FieldModel();
    this.fields.set(field, model);
    const { latest } = model;
    const isSame = this.coder.writes && JSON.stringify(value) === JSON.stringify(latest);
    // Lists are told item by item, each of which may be as before.
    const mayRepeat = latest !== undefined && !Array.isArray(latest);
    if (!mayRepeat || this.coder.bit(model.repeated, isSame ? 1 : 0) === 0) model.latest = this.newValue(field, model, value);
    this.depth--;
    return model.latest;
  }

  private newValue(field: string, model: FieldModel, value: unknown): unknown {
    const { coder } = this;
    switch (this.kind(field, model, value)) {
      case 'null':
        return null;
      case 'false':
        return false;
      case 'true':
        return true;
      case 'integer':
        return model.integer.code(coder, numberOf(value));
      case 'reciprocal':
        return 1 / model.integer.code(coder, Math.round(1 / numberOf(value)));
      case 'decimal': {
        const [digits, exponent] = decimalOf(numberOf(value));
        const found = model.integer.code(coder, digits);
        return decimal(found, model.exponent.code(coder, exponent));
      }
      case 'float':
        return this.float(numberOf(value));
      case 'word':
        return listed(WORDS, model.word.code(coder, WORDS.indexOf(String(value))));
      case 'text':
        return new TextDecoder().decode(this.bytes(model, new TextEncoder().encode(textOf(value))));
      case 'hex':
        return hexOf(this.bytes(model, bytesOf(textOf(value)), true));
      case 'list': {
        const list: readonly unknown[] = Array.isArray(value) ? value : [];
        return this.times(model.count.code(coder, list.length), (at) => this.value(`${field}[]`, list[at]));
      }
      case 'record':
        return this.record(model, isRecord(value) ? value : {});
      case 'layer':
        return this.layer(isRecord(value) ? value : {});
    }
  }

  private kind(field: string, model: FieldModel, value: unknown): ValueKind {
    const expected = EXPECTED[field];
    const found = this.coder.writes ? kindOf(value) : 'null';
    if (expected !== undefined && this.coder.bit(model.expected, found === expected ? 1 : 0) === 1) return expected;
    return listed(KINDS, model.kind.code(this.coder, KINDS.indexOf(found)));
  }

  private layer(layer: Readonly<Record<string, unknown>>): Record<string, unknown> {
    const type = listed(TYPES, this.types.code(this.coder, TYPES.indexOf(typeOf(layer))));
    const { always, optional } = LAYER_FIELDS[type];
    const found: Record<string, unknown> = { type };
    for (const field of always) found[field] = this.value(field, layer[field]);
    for (const field of optional)
      if (this.coder.bit(this.presence(`${type} ${field}`), layer[field] === undefined ? 0 : 1) === 1)
        found[field] = this.value(field, layer[field]);
    const rest = Object.entries(layer).filter(
      ([field]) => field !== 'type' && !always.includes(field) && !optional.includes(field),
    );
    if (this.coder.bit(this.presence('further'), rest.length > 0 ? 1 : 0) === 1)
      Object.assign(found, this.members(this.further, rest));
    return found;
  }

  private record(model: FieldModel, record: Readonly<Record<string, unknown>>): Record<string, unknown> {
    return this.members(model.count, Object.entries(record));
  }

  private members(count: CountModel, members: readonly (readonly [string, unknown])[]): Record<string, unknown> {
    const found = this.times(count.code(this.coder, members.length), (at) => {
      const [key, value] = members[at] ?? [];
      const name = textOf(this.value('key', key));
      return [name, this.value(`.${name}`, value)] as const;
    });
    return Object.fromEntries(found);
  }

  private bytes(model: FieldModel, bytes: Uint8Array, isPlain = false): Uint8Array {
    const found = this.times(model.count.code(this.coder, bytes.length), (at) =>
      isPlain ? this.coder.plain(8, bytes[at] ?? 0) : this.letters.code(this.coder, bytes[at] ?? 0),
    );
    return Uint8Array.from(found);
  }

  private float(value: number): number {
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, value);
    for (const at of [0, 4]) view.setUint32(at, this.coder.plain(32, view.getUint32(at)));
    return view.getFloat64(0);
  }

  /** So many results; no more is allocated than the stream holds. */
  private times<T>(count: number, one: (at: number) => T): T[] {
    const all: T[] = [];
    for (let at = 0; at < count; at++) all.push(one(at));
    return all;
  }

  private presence(of: string): BitModel {
    const known = this.present.get(of) ?? new BitModel(SELDOM);
    this.present.set(of, known);
    return known;
  }
}

function kindOf(value: unknown): ValueKind {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value === 'string') {
    if (WORDS.includes(value)) return 'word';
    return value.length > 0 && value.length % 2 === 0 && /^[0-9a-f]+$/.test(value) ? 'hex' : 'text';
  }
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'number') return numberKind(value);
  if (isRecord(value)) return isLayer(value) ? 'layer' : 'record';
  throw new Error(`No JSON holds ${String(value)}`);
}

function isLayer(value: Readonly<Record<string, unknown>>): boolean {
  return isLayerType(value.type) && LAYER_FIELDS[value.type].always.every((field) => value[field] !== undefined);
}

function numberKind(value: number): ValueKind {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) return 'integer';
  const [digits, exponent] = decimalOf(value);
  const isDecimal = Number.isSafeInteger(digits) && decimal(digits, exponent) === value;
  const whole = Math.round(1 / value);
  // 0.25 is shorter as a decimal.
  if (Number.isSafeInteger(whole) && 1 / whole === value && !(isDecimal && Math.abs(digits) < Math.abs(whole)))
    return 'reciprocal';
  return isDecimal && value !== 0 ? 'decimal' : 'float';
}

/** The digits of a number as an integer, and the power of ten that it is to be multiplied by. */
function decimalOf(value: number): readonly [number, number] {
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  return [Number(whole + fraction), Number(exponent) - fraction.length];
}

function decimal(digits: number, exponent: number): number {
  return Number(`${digits}e${exponent}`);
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, at) => Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16));
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function typeOf({ type }: Readonly<Record<string, unknown>>): LayerType {
  return isLayerType(type) ? type : 'flatten';
}

function listed<T>(list: readonly T[], index: number): T {
  const found = list[index];
  if (found === undefined)
    throw new DataError('compressed model: it names what this version does not know; the file is damaged or of a later version');
  return found;
}
