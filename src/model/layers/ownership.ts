import * as field from '../fields.ts';
import type { NamedLayer } from './definition.ts';

/** What every layer with weights has besides. */
export interface LayerWithWeights extends NamedLayer {
  /** Layers of one key have the same weights, under the name of the first. Absent: its own. */
  readonly shared?: string;
  /** Absent: true. */
  readonly trainable?: false;
}

export interface OwnershipOptions {
  readonly shared?: string;
  readonly trainable?: boolean;
  readonly name?: string;
}

export const OWNERSHIP_FIELDS = ['shared', 'trainable'] as const;

/** Both are absent where they say nothing, so that equal layers are equal data. */
export function ownershipFields(where: string, fields: field.Fields): Pick<LayerWithWeights, 'shared' | 'trainable'> {
  return {
    ...(fields.shared !== undefined && { shared: field.text(where, 'shared', fields.shared) }),
    ...(!field.boolean(where, 'trainable', fields.trainable, true) && { trainable: false as const }),
  };
}
