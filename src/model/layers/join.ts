import { ANY, checkedAlone, optional, TEXT } from '../../core/arguments.ts';
import { ShapeError } from '../../core/errors.ts';
import { formatShape, sameShape } from '../../core/value.ts';
import { add } from '../../ops/arithmetic.ts';
import { concat } from '../../ops/concat.ts';
import * as field from '../fields.ts';
import type { NamedLayer, SimpleDefinition } from './definition.ts';
import { makeLayer, NAMED } from './make.ts';

export interface JoinLayer extends NamedLayer {
  readonly type: 'join';
  /** The tap whose value is joined in. */
  readonly tap: string;
  readonly kind: 'concat' | 'add';
}

/**
 * Joins in what `tap(name)` kept, which comes earlier in the same list of layers or in one around it: 'concat' puts it behind the
 * channels of x, 'add' adds it.
 */
export const join = /* @__PURE__ */ checkedAlone(
  "join('skip', 'add')",
  () => ({ name: TEXT, kind: optional(ANY) }),
  NAMED,
  (name: string, kind: 'concat' | 'add' = 'concat') => makeLayer(joinDefinition, { tap: name, kind }),
);

export const joinDefinition: SimpleDefinition<JoinLayer> = {
  type: 'join',
  fields: ['tap', 'kind'],
  complete: (where, fields) => ({
    tap: field.text(where, 'tap', fields.tap),
    kind: field.oneOf(where, 'kind', fields.kind ?? 'concat', ['concat', 'add'] as const),
  }),
  outputShape(where, { tap, kind }, input, taps) {
    const kept = taps.read(where, tap);
    if (kind === 'concat' ? !sameShape(kept.slice(0, -1), input.slice(0, -1)) : !sameShape(kept, input))
      throw new ShapeError(
        `${where}: its input ${formatShape(input)} and the tap '${tap}' ${formatShape(kept)} must agree in all ` +
          `${kind === 'concat' ? 'but the last axis' : 'axes'}; change strides, padding or filters between them`,
      );
    return kind === 'add' ? input : [...input.slice(0, -1), (input.at(-1) ?? 0) + (kept.at(-1) ?? 0)];
  },
  memory({ type, tap, kind }, x, walk, taps) {
    const kept = taps.read(type, tap);
    return kind === 'add' ? walk.change(x, kept) : walk.join([x, kept]);
  },
  lower({ tap, kind }, x, { where, taps }) {
    const kept = taps.read(where, tap);
    return kind === 'add' ? add({ a: x, b: kept }) : concat({ x, tap: kept });
  },
};
