import { DataError } from '../../core/errors.ts';
import { shown } from '../../core/shown.ts';
import type { Allowance } from './allowance.ts';
import type { Constant } from './constant.ts';

export type AttributeValue = number | string | readonly number[] | readonly string[] | Constant;

/** A node of an ONNX graph. It knows which of its attributes were read, so that none is passed over in silence. */
export class OnnxNode {
  private readonly known = new Set<string>();

  constructor(
    readonly operator: string,
    readonly name: string,
    /** Names of tensors; '' where an optional one is left out. */
    readonly inputs: readonly string[],
    readonly outputs: readonly string[],
    private readonly attributes: ReadonlyMap<string, AttributeValue>,
    /** The version of the operator set. */
    readonly opset: number,
    private readonly allowance: Allowance,
  ) {}

  /** Throws where so many numbers are more than the file can need; to be called before they are allocated. */
  take(count: number): void {
    this.allowance.take(this.where, count);
  }

  /** What errors begin with. */
  get where(): string {
    return `onnx: node '${this.name || this.outputs[0] || ''}' (${this.operator})`;
  }

  /** An error of this node; `needed` says what would do. */
  fault(problem: string, needed: string): DataError {
    return new DataError(`${this.where}: ${problem}; ${needed}`);
  }

  /** An error of one of its attributes. */
  attributeFault(name: string, problem: string, needed: string): DataError {
    return this.fault(`attribute '${name}' ${problem}`, needed);
  }

  has(name: string): boolean {
    this.known.add(name);
    return this.attributes.has(name);
  }

  integer(name: string, missing: number): number {
    const value = this.read(name) ?? missing;
    if (typeof value !== 'number' || !Number.isSafeInteger(value))
      throw this.attributeFault(name, `must be an integer, got ${shown(value)}`, 'the file is damaged');
    return value;
  }

  /** 0 or 1. */
  flag(name: string, missing: boolean): boolean {
    return this.integer(name, missing ? 1 : 0) !== 0;
  }

  number(name: string, missing: number): number {
    const value = this.read(name) ?? missing;
    if (typeof value !== 'number' || !Number.isFinite(value))
      throw this.attributeFault(name, `must be a finite number, got ${shown(value)}`, 'the file is damaged');
    return value;
  }

  text(name: string, missing: string): string {
    const value = this.read(name) ?? missing;
    if (typeof value !== 'string') throw this.attributeFault(name, `must be a text, got ${shown(value)}`, 'the file is damaged');
    return value;
  }

  /** Integers, as many as `count` where that is given; undefined where the attribute is missing. */
  integers(name: string, count?: number): number[] | undefined {
    const value = this.read(name);
    if (value === undefined) return undefined;
    if (
      !Array.isArray(value) ||
      !value.every((entry) => Number.isSafeInteger(entry)) ||
      (count !== undefined && value.length !== count)
    )
      throw this.attributeFault(name, `must be ${count ?? 'a list of'} integers, got ${shown(value)}`, 'the file is damaged');
    return [...value];
  }

  /** The attribute itself, whatever it is. */
  read(name: string): AttributeValue | undefined {
    this.known.add(name);
    return this.attributes.get(name);
  }

  /** Throws for an attribute that nothing has looked at: it would change what the node computes. */
  checkAllRead(): void {
    for (const [name, value] of this.attributes)
      if (!this.known.has(name))
        throw this.attributeFault(
          name,
          `(${shown(value)}) is unknown here`,
          'export the network without it, or in another opset',
        );
  }
}
