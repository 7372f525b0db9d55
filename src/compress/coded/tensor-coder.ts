import { elements, type Shape } from '../../core/value.ts';
import { BitModel } from './bit-model.ts';
import type { Coder } from './coder.ts';
import { CostCoder } from './cost-coder.ts';
import { bitsOf, fractionBits, stepsOf } from './float-bits.ts';
import { CountModel, IntegerModel, SymbolModel } from './numbers.ts';
import { ZeroModel } from './zeros.ts';

/**
 * How the numbers of a tensor are told: as float32; as indices of a code book, the distinct numbers in it, which has no zero; or as
 * multiples of a power of two. In each, zeros are told first.
 */
const FORMS = ['floats', 'book', 'steps'] as const;
type FloatForm = (typeof FORMS)[number];

/** Those, or the integers of a network in integers. */
export type TensorForm = FloatForm | 'integers';

/** Distinct numbers beyond which no code book is tried. */
const MOST_IN_BOOK = 4096;

/** Multiples of a power of two beyond which they are no shorter than floats. */
const MOST_STEPS = 2 ** 20;

export interface CodedTensor {
  readonly form: FloatForm;
  readonly data: Float32Array;
}

/** What was learned of the numbers of some tensors. */
class NumberModels {
  readonly form = new SymbolModel(2);
  readonly fraction = new SymbolModel(5);
  readonly sign = new BitModel();
  readonly exponent = new SymbolModel(8);
  readonly size = new CountModel();
  readonly unit = new IntegerModel();
  readonly steps = new CountModel();
  readonly zeros = new ZeroModel();
}

/** Codes tensors one after the other, those of filters and matrices apart from biases and the like. Every bit of a float is kept. */
export class TensorCoder {
  private readonly matrices = new NumberModels();
  private readonly vectors = new NumberModels();
  private readonly books = new NumberModels();

  constructor(private readonly coder: Coder) {}

  /** `data` where it is written. A reader allocates no more than what the stream tells of. */
  tensor(shape: Shape, data: Float32Array): CodedTensor {
    const models = shape.length > 1 ? this.matrices : this.vectors;
    const found = models.form.code(this.coder, this.coder.writes ? FORMS.indexOf(bestForm(shape, data)) : 0);
    const form = FORMS[found] ?? 'floats';
    return { form, data: this.inForm(form, models, shape, data) };
  }

  /** As `tensor`, in a form that is given. */
  inForm(form: FloatForm, models: NumberModels, shape: Shape, data: Float32Array): Float32Array {
    switch (form) {
      case 'floats':
        return this.floats(models, shape, data, true);
      case 'book':
        return this.book(models, shape, data);
      case 'steps':
        return this.steps(models, shape, data);
    }
  }

  private floats(models: NumberModels, shape: Shape, data: Float32Array, mayBeZero: boolean): Float32Array {
    const { coder } = this;
    const bits = bitsOf(data);
    const fraction = models.fraction.code(coder, coder.writes ? fractionBits(bits) : 0);
    return floatsOf(
      this.numbers(models, shape, mayBeZero, bits, (wanted) => {
        const sign = coder.bit(models.sign, wanted >>> 31);
        const exponent = models.exponent.code(coder, (wanted >>> 23) & 255);
        const rest = coder.plain(fraction, (wanted & 0x7fffff) >>> (23 - fraction));
        return ((sign << 31) | (exponent << 23) | (rest << (23 - fraction))) >>> 0;
      }),
    );
  }

  private book(models: NumberModels, shape: Shape, data: Float32Array): Float32Array {
    const { coder } = this;
    const given = coder.writes ? distinct(data) : data;
    const size = models.size.code(coder, given.length);
    const book = bitsOf(this.floats(this.books, [size], given, false));
    const places = new Map(Array.from(book, (bits, index) => [bits, index]));
    const index = new SymbolModel(Math.ceil(Math.log2(Math.max(1, size))));
    return floatsOf(
      this.numbers(models, shape, true, bitsOf(data), (wanted) => book[index.code(coder, places.get(wanted) ?? 0)] ?? 0),
    );
  }

  private steps(models: NumberModels, shape: Shape, data: Float32Array): Float32Array {
    const { coder } = this;
    const { unit, multiples } = coder.writes ? stepsOf(data) : { unit: 0, multiples: data };
    const exponent = models.unit.code(coder, unit);
    return Float32Array.from(this.whole(models, shape, multiples), (multiple) => multiple * 2 ** exponent);
  }

  /** The integers of a tensor of a network in integers. */
  integers(shape: Shape, given: ArrayLike<number>): number[] {
    return this.whole(shape.length > 1 ? this.matrices : this.vectors, shape, given);
  }

  /** So many scales, none of which is 0. */
  scales(count: number, given: Float32Array): Float32Array {
    return this.floats(this.books, [count], given, false);
  }

  private whole(models: NumberModels, shape: Shape, given: ArrayLike<number>): number[] {
    const { coder } = this;
    return this.numbers(models, shape, true, given, (wanted) => {
      const magnitude = models.steps.code(coder, Math.abs(wanted) - 1) + 1;
      return coder.bit(models.sign, wanted < 0 ? 1 : 0) === 1 ? -magnitude : magnitude;
    });
  }

  /** Each number of a tensor: a zero, or what `other` codes. */
  private numbers(
    { zeros }: NumberModels,
    shape: Shape,
    mayBeZero: boolean,
    given: ArrayLike<number>,
    other: (wanted: number) => number,
  ): number[] {
    const { coder } = this;
    const count = elements(shape);
    const found: number[] = [];
    const context = mayBeZero ? zeros.begin(shape.at(-1) ?? 1) : undefined;
    for (let at = 0; at < count; at++) {
      const wanted = given[at] ?? 0;
      const isZero = context ? context.next(coder, wanted === 0) : false;
      found.push(isZero ? 0 : other(wanted));
    }
    return found;
  }
}

/** The form that takes the fewest bits, of those that can tell the numbers. */
function bestForm(shape: Shape, data: Float32Array): FloatForm {
  const { multiples, isExact } = stepsOf(data);
  const possible: FloatForm[] = ['floats'];
  if (distinct(data, MOST_IN_BOOK).length <= MOST_IN_BOOK) possible.push('book');
  if (isExact && multiples.every((multiple) => Math.abs(multiple) <= MOST_STEPS)) possible.push('steps');
  if (possible.length === 1) return 'floats';
  const costs = possible.map((form) => {
    const coder = new CostCoder();
    new TensorCoder(coder).inForm(form, new NumberModels(), shape, data);
    return coder.bits;
  });
  return possible[costs.indexOf(Math.min(...costs))] ?? 'floats';
}

/** The numbers that occur, all but zero, in ascending order; those of the first more than `most` where there are more. */
function distinct(data: Float32Array, most = Number.POSITIVE_INFINITY): Float32Array {
  const found = new Set<number>();
  for (const bits of bitsOf(data)) {
    if (bits !== 0) found.add(bits);
    if (found.size > most) break;
  }
  return floatsOf([...found]).sort();
}

function floatsOf(bits: readonly number[]): Float32Array {
  return new Float32Array(Uint32Array.from(bits).buffer);
}
