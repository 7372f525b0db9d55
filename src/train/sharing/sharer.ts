import type { Sharing } from '../../compress/share.ts';
import { OptionError, ShapeError } from '../../core/errors.ts';
import { shown } from '../../core/shown.ts';
import { elements, formatShape } from '../../core/value.ts';
import { parameterAttributes } from '../../graph/sources.ts';
import type { Network } from '../../model/network.ts';
import type { ParameterSlot } from '../../plan/parameters.ts';
import type { TrainerParts } from '../parts.ts';

/** Throws an OptionError for what is no sharing, or names no trained parameter, a ShapeError where a parameter has another number of elements. */
export function checkSharing(sharing: unknown, { parameters }: Network): asserts sharing is Sharing {
  if (!(sharing instanceof Map))
    throw new OptionError(`trainer: sharing must be a Map, which share(weights, { bits: 5 }).sharing is, got ${shown(sharing)}`);
  for (const [name, codes] of sharing) {
    const parameter = parameters.get(name);
    if (!parameter || !parameterAttributes(parameter).trainable)
      throw new OptionError(`trainer: sharing: the model trains no parameter '${String(name)}'`);
    if (!(codes instanceof Uint16Array) || codes.length !== elements(parameter.shape))
      throw new ShapeError(
        `trainer: sharing: '${name}' ${formatShape(parameter.shape)} needs a Uint16Array of ${elements(parameter.shape)}, got ${shown(codes)}`,
      );
  }
}

const SLOTS = ['value', 'average', 'moment1', 'moment2'] satisfies ParameterSlot[];

/** Makes weights that share a number equal, with all that belongs to them: each has what the first of them has, and 0 where they are 0. */
export async function shareNow({ parameters, network, settings }: TrainerParts, sharing: Sharing): Promise<void> {
  for (const [name, codes] of sharing) {
    const parameter = network.parameters.get(name);
    if (!parameter) continue;
    for (let replica = 0; replica < settings.replicas; replica++) {
      const requests = SLOTS.filter((slot) => parameters.hasSlot(parameter, slot)).map((slot) => ({ parameter, slot, replica }));
      const read = await parameters.read(requests);
      const writes = requests.flatMap((request, index) => {
        const found = read[index] ?? new Float32Array();
        const data = shared(found, codes);
        return data.some((value, at) => !Object.is(value, found[at])) ? [{ ...request, data }] : [];
      });
      if (writes.length > 0) parameters.write(writes);
    }
  }
}

function shared(data: Float32Array, codes: Uint16Array): Float32Array {
  const first = new Map<number, number>([[0, 0]]);
  return data.map((value, at) => {
    const code = codes[at] ?? 0;
    const known = first.get(code) ?? value;
    first.set(code, known);
    return known;
  });
}
