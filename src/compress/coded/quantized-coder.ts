import { DataError, OptionError } from '../../core/errors.ts';
import type { Value } from '../../core/value.ts';
import type { ExportGraph } from '../../deploy/operations.ts';
import { parametersOf } from '../../model/resolve.ts';
import type { Model } from '../../model/types.ts';
import { activationGroups } from '../../quantize/groups.ts';
import {
  type ActivationScale,
  type Bits,
  isQuantizedTensor,
  largestInteger,
  type QuantizedTensor,
  type WeightBits,
} from '../../quantize/types.ts';
import { biasScales, graphOf, type Integers } from '../bias-scales.ts';
import { BitModel } from './bit-model.ts';
import type { Coder } from './coder.ts';
import { CountModel, IntegerModel, SymbolModel } from './numbers.ts';
import type { PartEnded } from './parts.ts';
import type { TensorCoder } from './tensor-coder.ts';

const WEIGHT_BITS: readonly WeightBits[] = [8, 6, 5, 4, 3, 2];

/**
 * A network in integers: bits, the scales of the values between layers, one for all that share it, then each parameter with its scales.
 * Scales of biases follow from those of weights and inputs, and are told only where they do not.
 */
export class QuantizedCoder {
  private readonly isQuantized = new BitModel();
  private readonly isWide = [new BitModel(), new BitModel()] as const;
  private readonly isDerived = new BitModel();
  private readonly axis = new CountModel();
  private readonly graph: ExportGraph;

  constructor(
    private readonly coder: Coder,
    private readonly tensors: TensorCoder,
    private readonly model: Model,
    private readonly ended: PartEnded,
  ) {
    this.graph = graphOf(model);
  }

  code(given: Integers | undefined): Integers {
    const bits = this.bits(given?.bits);
    const activations = this.activations(bits, given?.activations);
    this.ended('activations');
    const weights = new Map<string, QuantizedTensor | Value>();
    for (const { name, shape } of parametersOf(this.model)) {
      const tensor = given?.weights.get(name);
      if (given && !tensor) throw new OptionError(`encodeCompressed: the quantized model has no '${name}'`);
      weights.set(name, this.parameter(name, shape, tensor, { weights, activations, bits }));
    }
    return { bits, activations, weights };
  }

  private bits(given: Bits | undefined): Bits {
    const { coder } = this;
    const index = new SymbolModel(3).code(coder, given ? WEIGHT_BITS.indexOf(given.weights) : 0);
    const weights = WEIGHT_BITS[index];
    if (weights === undefined) throw new DataError('compressed model: its weights are of no known width; the file is damaged');
    return { weights, activations: coder.bit(new BitModel(), given?.activations === 'float' ? 1 : 0) === 1 ? 'float' : 8 };
  }

  private activations({ activations }: Bits, given: Integers['activations'] | undefined): Integers['activations'] {
    const found = new Map<string, ActivationScale>();
    if (activations !== 'float') {
      const zeroPoints = new IntegerModel();
      for (const { tensors, fixed } of activationGroups(this.graph)) {
        const one = fixed ?? this.activation(zeroPoints, given?.get(tensors[0]?.name ?? ''));
        for (const { name } of tensors) found.set(name, one);
      }
    }
    if (given) checkActivations(given, found);
    return found;
  }

  private activation(zeroPoints: IntegerModel, given: ActivationScale = { scale: 0, zeroPoint: 0 }): ActivationScale {
    const [scale = 0] = this.tensors.scales(1, Float32Array.of(given.scale));
    return { scale, zeroPoint: zeroPoints.code(this.coder, given.zeroPoint) };
  }

  private parameter(
    name: string,
    shape: readonly number[],
    given: QuantizedTensor | Value | undefined,
    known: Integers,
  ): QuantizedTensor | Value {
    const { coder } = this;
    const integers = given && isQuantizedTensor(given) ? given : undefined;
    if (coder.bit(this.isQuantized, integers ? 1 : 0) === 0) {
      const { form, data } = this.tensors.tensor(shape, given && 'data' in given ? given.data : new Float32Array());
      this.ended(name, { elements: data.length, form });
      return { shape, data };
    }
    const isVector = shape.length === 1;
    const wide = coder.bit(this.isWide[isVector ? 1 : 0], integers?.integers instanceof Int32Array ? 1 : 0) === 1;
    const found = this.tensors.integers(shape, integers?.integers ?? []);
    if (!wide && found.some((integer) => Math.abs(integer) > largestInteger(known.bits.weights)))
      throw new DataError(`compressed model: '${name}' has integers of more than its bits; the file is damaged`);
    const axis = this.axis.code(coder, integers?.axis ?? 0);
    const scales = this.scales(name, shape[axis] ?? 0, integers?.scales, known);
    this.ended(name, { elements: found.length, form: 'integers' });
    return { shape, integers: wide ? Int32Array.from(found) : Int8Array.from(found), axis, scales };
  }

  private scales(name: string, count: number, given: Float32Array | undefined, known: Integers): Float32Array {
    const derived = biasScales(this.graph, name, known);
    const isSame = derived !== undefined && given !== undefined && derived.every((scale, at) => scale === given[at]);
    if (derived && this.coder.bit(this.isDerived, isSame ? 1 : 0) === 1) return derived;
    return this.tensors.scales(count, given ?? new Float32Array());
  }
}

function checkActivations(given: Integers['activations'], found: Integers['activations']): void {
  for (const name of new Set([...given.keys(), ...found.keys()])) {
    const [wanted, got] = [given.get(name), found.get(name)];
    if (wanted?.scale !== got?.scale || wanted?.zeroPoint !== got?.zeroPoint)
      throw new OptionError(
        `encodeCompressed: the value '${name}' has not the scale that the values it shares one with have; give what quantize() or trainer.quantized() gave`,
      );
  }
}
