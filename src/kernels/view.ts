import type { Constants } from '../gpu/composer.ts';

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
}

/** The constants by which a shader indexes an operand: `X_ROW`, `X_OFFSET`, `X_REPLICA`. */
export function viewConstants(name: string, view: View | undefined): Constants {
  return {
    [`${name}_ROW`]: view?.rowStride ?? 0,
    [`${name}_OFFSET`]: view?.offset ?? 0,
    [`${name}_REPLICA`]: view?.replicaStride ?? 0,
  };
}
