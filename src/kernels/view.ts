import type { Constants } from '../gpu/composer.ts';

/** What an operand's elements are in memory; sums and registers are f32 in any case. */
export type ElementType = 'f32' | 'f16';

/**
 * How a kernel sees an operand: `rows` rows of `channels` elements, `rowStride` elements apart, the first at `offset`; the
 * next replica `replicaStride` elements on. A path of a branch is such a view of the concatenated tensor.
 */
export interface View {
  readonly rows: number;
  readonly channels: number;
  readonly rowStride: number;
  readonly offset: number;
  readonly replicaStride: number;
  /** [f32] */
  readonly type?: ElementType;
}

/** The constants by which a shader indexes an operand: `X_ROW`, `X_OFFSET`, `X_REPLICA`. */
export function viewConstants(name: string, view: View | undefined): Constants {
  return {
    [`${name}_ROW`]: view?.rowStride ?? 0,
    [`${name}_OFFSET`]: view?.offset ?? 0,
    [`${name}_REPLICA`]: view?.replicaStride ?? 0,
  };
}

/**
 * The alias by which a shader declares operands of one element type: `Activation` for what flows through the network and its
 * gradients, `Weight` for factors of products. Loads convert, `f32(x[i])`, stores too, `Activation(value)`; in f32 both are nothing.
 */
export function elementAlias(name: string, ...operands: readonly (Pick<View, 'type'> | undefined)[]): Constants {
  const types = new Set(operands.flatMap((operand) => (operand ? [operand.type ?? 'f32'] : [])));
  if (types.size > 1) throw new Error(`Operands of one kernel that it calls ${name} are of different types`);
  return { [name]: { type: [...types][0] ?? 'f32' } };
}
