import { isRecord, refuseUnknown } from '../../core/arguments.ts';
import { DataError, OptionError } from '../../core/errors.ts';
import { shown } from '../../core/shown.ts';
import { formatShape, type Shape, sameShape, type Value } from '../../core/value.ts';
import type { Model } from '../../model/types.ts';
import { checkWeights, type Weights } from '../../model/weights.ts';
import { kerasLayout } from './keras.ts';
import { type Foreign, type Layout, nameIn } from './layout.ts';
import { matchedModules } from './match.ts';
import { pytorchLayout } from './pytorch.ts';
import { slotsOf } from './slots.ts';

export interface WeightsFromOptions {
  /** The program whose layouts the tensors have. */
  readonly layout: 'pytorch' | 'keras';
  /** What the tensors call our layers (`{ conv2d_1: 'features.0' }`) or weights (`{ 'conv2d_1/filter': 'stem.kernel' }`) [by shape and order]. */
  readonly names?: Readonly<Record<string, string>>;
}

export function weightsFrom(m: Model, tensors: ReadonlyMap<string, Value>, options: WeightsFromOptions): Weights {
  refuseUnknown('weightsFrom', options, ['layout', 'names']);
  const layout = layoutOf(options, tensors);
  const slots = slotsOf(m, layout.channelsFirst).map((slot) => ({ slot, foreign: layout.weights(slot) }));
  const given = new Map([...tensors].filter(([name]) => layout.isWeight(name)));
  const names = options.names === undefined ? matchedModules(slots, given, layout) : namedWeights(options.names, slots, layout);
  const weights = new Map<string, Value>();
  const taken = new Set<string>();
  for (const { slot, foreign } of slots)
    for (const [role, weight] of foreign) {
      const ours = `${slot.name}/${role}`;
      const theirs = names.get(ours) ?? '';
      const value = given.get(theirs);
      if (!value)
        throw new DataError(`weightsFrom: there is no tensor '${theirs}' for ${ours}; there are ${listed([...given.keys()])}`);
      checkShape(ours, theirs, value.shape, weight);
      weights.set(ours, weight.turned(value));
      taken.add(theirs);
    }
  const left = [...given.keys()].filter((name) => !taken.has(name));
  if (left.length > 0)
    throw new DataError(
      `weightsFrom: the model has no weights that take ${listed(left)}; is it another network? Leave out what is not to be taken`,
    );
  checkWeights(m, weights);
  return weights;
}

function layoutOf({ layout }: WeightsFromOptions, tensors: ReadonlyMap<string, Value>): Layout {
  if (layout === 'pytorch') return pytorchLayout;
  if (layout === 'keras') return kerasLayout(tensors.keys());
  throw new OptionError(`weightsFrom: layout must be 'pytorch' or 'keras', got ${shown(layout)}`);
}

function checkShape(ours: string, theirs: string, found: Shape, { shape, also = [] }: Foreign): void {
  if ([shape, ...also].some((fits) => sameShape(fits, found))) return;
  throw new DataError(
    `weightsFrom: '${theirs}' must have shape ${formatShape(shape)} to become ${ours}, but has ${formatShape(found)}`,
  );
}

interface Matched {
  readonly slot: { readonly name: string };
  readonly foreign: ReadonlyMap<string, Foreign>;
}

/** Their names by ours, from a map of layers or of weights. */
function namedWeights(
  names: Readonly<Record<string, string>>,
  slots: readonly Matched[],
  layout: Layout,
): ReadonlyMap<string, string> {
  if (!isRecord(names))
    throw new OptionError(`weightsFrom: names must be an object such as { conv2d_1: 'features.0' }, got ${shown(names)}`);
  for (const [name, theirs] of Object.entries(names))
    if (typeof theirs !== 'string')
      throw new OptionError(`weightsFrom: names.${name} must be the name of a tensor or module, got ${shown(theirs)}`);
  const known = new Set(
    slots.flatMap(({ slot, foreign }) => [slot.name, ...[...foreign.keys()].map((role) => `${slot.name}/${role}`)]),
  );
  const unknown = Object.keys(names).filter((name) => !known.has(name));
  if (unknown.length > 0)
    throw new OptionError(
      `weightsFrom: names has ${listed(unknown)}, which the model has not; it has ${listed(slots.map(({ slot }) => slot.name))}`,
    );
  const unused = new Set(Object.keys(names));
  const found = new Map<string, string>();
  for (const { slot, foreign } of slots)
    for (const [role, weight] of foreign) {
      const ours = `${slot.name}/${role}`;
      const [whole, module] = [own(names, ours), own(names, slot.name)];
      if (whole === undefined && module === undefined)
        throw new DataError(
          `weightsFrom: names tells nothing of ${slot.name}; write { '${slot.name}': 'the name of its module' }`,
        );
      unused.delete(whole === undefined ? slot.name : ours);
      found.set(ours, whole ?? nameIn(layout, module ?? '', weight.role));
    }
  if (unused.size > 0)
    throw new OptionError(
      `weightsFrom: names has ${listed([...unused])}, and each weight of it by its own name too: leave out the one or the others`,
    );
  return found;
}

const own = (names: Readonly<Record<string, string>>, key: string) => (Object.hasOwn(names, key) ? names[key] : undefined);

function listed(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  return names.length > 12 ? `${names.slice(0, 12).join(', ')} and ${names.length - 12} more` : names.join(', ');
}
