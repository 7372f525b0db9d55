import type { TensorForm } from './tensor-coder.ts';

/** What a part of a compressed file takes, in bytes, which are no whole number. */
export interface CompressedPart {
  /** 'header', 'model' (layers), 'input', 'about', 'activations' (their scales), or the name of a parameter. */
  readonly name: string;
  readonly bytes: number;
  /** Of a parameter: how many numbers it has, and how they are told. */
  readonly elements?: number;
  readonly form?: TensorForm;
}

/** Hears of each part of a stream where it ends. */
export type PartEnded = (name: string, tensor?: Pick<Required<CompressedPart>, 'elements' | 'form'>) => void;
