import { refuseUnknown } from '../../core/arguments.ts';
import { OptionError } from '../../core/errors.ts';
import { shown } from '../../core/shown.ts';
import { checkedInput, checkInputFits, type InputDescription } from '../../data/input-description.ts';
import { exportGraph } from '../../deploy/graph.ts';
import { describe } from '../../model/describe.ts';
import type { Model } from '../../model/types.ts';
import type { Weights } from '../../model/weights.ts';
import { headerText } from './header.ts';
import { checkName } from './names.ts';
import { type CProgram, programOf } from './program.ts';
import { Source, type Stored } from './source.ts';
import { testProgramText } from './test-program.ts';

export interface COptions {
  readonly input?: InputDescription;
  /** What the files and the functions are called ['network']. */
  readonly name?: string;
  /** Ends with a softmax, where the model does not [false]. */
  readonly softmax?: boolean;
  /** Inputs of the test program; 0 leaves it out [3]. */
  readonly vectors?: number;
}

const MOST_VECTORS = 1000;
/** 16 MiB, more than microcontrollers hold, and some seconds to write. */
export const MOST_CONSTANTS = 2 ** 22;

/** A network as C99: NAME.h, NAME.c and NAME_test.c. */
export function encodeC(m: Model, weights: Weights, options: COptions = {}): Record<string, string> {
  const { input, name = 'network', softmax = false, vectors = 3, ...rest } = options;
  refuseUnknown('encodeC', rest, ['input', 'name', 'softmax', 'vectors']);
  checkName(name);
  if (typeof softmax !== 'boolean') throw new OptionError(`encodeC: softmax must be true or false, got ${shown(softmax)}`);
  checkVectors(vectors);
  const described = input === undefined ? undefined : checkedInput('encodeC: input', input);
  const graph = exportGraph(m, weights, { softmax });
  if (described) checkInputFits('encodeC: input', described, m.input, graph.output.shape);
  const program = programOf(graph);
  const source = new Source(name, program);
  if (source.constantBytes > 4 * MOST_CONSTANTS)
    throw new OptionError(
      `encodeC: the network has ${source.constantBytes / 4} constants, more than the ${MOST_CONSTANTS} that C code is written for, ` +
        '16 MiB; encodeModel and the other formats take more',
    );
  const stored = storedAs(described);
  const { parameters, macs, hash } = describe(m);
  const { classNames, dataName } = described ?? {};
  const facts = { name, parameters, macs, hash, constantBytes: source.constantBytes, stored, classNames, dataName };
  return {
    [`${name}.h`]: headerText(program, facts),
    [`${name}.c`]: source.text(stored, classNames),
    ...(vectors > 0 && { [`${name}_test.c`]: testProgramText(name, program, source.constantBytes, stored, vectors) }),
  };
}

export function checkVectors(vectors: number): void {
  if (!Number.isSafeInteger(vectors) || vectors < 0 || vectors > MOST_VECTORS)
    throw new OptionError(`encodeC: vectors must be an integer from 0 to ${MOST_VECTORS}, got ${shown(vectors)}`);
}

export interface CSize {
  /** Of the constants in flash; the code comes on top. */
  readonly constantBytes: number;
  /** Of the arena. */
  readonly arenaBytes: number;
}

/** What the C code of a network takes, as its header tells it. */
export function sizeOfC(m: Model, weights: Weights): CSize {
  const program: CProgram = programOf(exportGraph(m, weights));
  return { constantBytes: new Source('network', program).constantBytes, arenaBytes: 4 * program.arena };
}

/** What is stored goes into the network by a function of its own, unless it goes as it is. */
function storedAs(input: InputDescription | undefined): Stored | undefined {
  if (!input) return undefined;
  const { scale, offset, dtype = 'uint8' } = input;
  if (dtype === 'float32' && scale === 1 && offset === 0) return undefined;
  return { type: dtype === 'uint8' ? 'uint8_t' : 'float', scale, offset };
}
