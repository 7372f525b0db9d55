import type { Shape, Value } from '../../core/value.ts';
import type { Slot } from './slots.ts';

/** How a program names and lays out weights. */
export interface Layout {
  /** What stands between a module's name and that of a weight of its own. */
  readonly separator: string;
  /** Whether images lie channel by channel, so that the rows behind a flattened one have another order. */
  readonly channelsFirst: boolean;
  /** What a file has beside the weights. */
  isWeight(name: string): boolean;
  /** By our roles. */
  weights(slot: Slot): ReadonlyMap<string, Foreign>;
  /** A module's name with every number that its place among others of its kind has. */
  numbered(module: string): string;
}

/** A weight as another program has it. */
export interface Foreign {
  /** What its name ends with, behind the module's. */
  readonly role: string;
  readonly shape: Shape;
  /** Shapes that it may have besides. */
  readonly also?: readonly Shape[];
  /** In our layout. */
  turned(value: Value): Value;
}

/** The name of a weight of that role. */
export function nameIn({ separator }: Layout, module: string, role: string): string {
  return module === '' ? role : `${module}${separator}${role}`;
}
