import { refuseUnknown } from '../../../core/arguments.ts';
import { OptionError } from '../../../core/errors.ts';
import { checkedInput, checkInputFits, type InputDescription } from '../../../data/input-description.ts';
import { describe } from '../../../model/describe.ts';
import { integersOf } from '../../../quantize/input.ts';
import type { IntegerTensor } from '../../../quantize/integer-graph.ts';
import { checkNoSoftmax } from '../../../quantize/kind.ts';
import { integerGraph } from '../../../quantize/lower.ts';
import type { QuantizedModel } from '../../../quantize/types.ts';
import { type CSize, checkVectors, MOST_CONSTANTS } from '../encode.ts';
import { checkName } from '../names.ts';
import { integerHeaderText } from './header.ts';
import { integerProgramOf } from './program.ts';
import { type ByteTable, IntegerSource } from './source.ts';
import { integerTestText } from './test-program.ts';

export interface CIntegersOptions {
  readonly input?: InputDescription;
  /** What the files and the functions are called ['network']. */
  readonly name?: string;
  /** Inputs of the test program; 0 leaves it out [3]. */
  readonly vectors?: number;
  /** None has a form in integers. */
  readonly softmax?: false;
}

/** A network in integers as C99: NAME.h, NAME.c and NAME_test.c. */
export function encodeCIntegers(quantized: QuantizedModel, options: CIntegersOptions = {}): Record<string, string> {
  const { input, name = 'network', vectors = 3, softmax = false, ...rest } = options;
  refuseUnknown('encodeC', rest, ['input', 'name', 'vectors', 'softmax']);
  checkNoSoftmax('encodeC', softmax);
  checkName(name);
  checkVectors(vectors);
  const described = input === undefined ? undefined : checkedInput('encodeC: input', input);
  const graph = integerGraph(quantized);
  if (described) checkInputFits('encodeC: input', described, quantized.model.input, graph.output.shape);
  const program = integerProgramOf(graph, quantized.bits.weights);
  const bytes = bytesOf(described, graph.input);
  const source = new IntegerSource(name, program, bytes);
  const { constantBytes } = source;
  if (constantBytes > 4 * MOST_CONSTANTS)
    throw new OptionError(
      `encodeC: the network has ${constantBytes} bytes of constants, more than the 16 MiB that C code is written for; encodeCompressed takes more`,
    );
  const { parameters, macs, hash } = describe(quantized.model);
  const { classNames, dataName } = described ?? {};
  const facts = {
    ...{ name, parameters, macs, hash, constantBytes, classNames, dataName },
    weightBits: quantized.bits.weights,
    pixels: bytes !== undefined,
  };
  return {
    [`${name}.h`]: integerHeaderText(program, facts),
    [`${name}.c`]: source.text(classNames),
    ...(vectors > 0 && { [`${name}_test.c`]: integerTestText(name, program, constantBytes, bytes, vectors) }),
  };
}

/** What the C code of a network in integers takes, as its header tells it. */
export function sizeOfCIntegers(quantized: QuantizedModel): CSize {
  const program = integerProgramOf(integerGraph(quantized), quantized.bits.weights);
  return { constantBytes: new IntegerSource('network', program, undefined).constantBytes, arenaBytes: program.arena };
}

/** The integers of bytes, where bytes are what is stored. */
function bytesOf(described: InputDescription | undefined, input: IntegerTensor): ByteTable | undefined {
  if (!described || (described.dtype ?? 'uint8') !== 'uint8') return undefined;
  return integersOf(
    Uint8Array.from({ length: 256 }, (_, byte) => byte),
    described,
    input,
  );
}
