import { ShapeError } from '../core/errors.ts';
import { parameterNode } from '../graph/sources.ts';
import type { Tensor } from '../graph/tensor.ts';
import { initialValue } from './initialise.ts';
import { containerDefinition, isContainer, simpleDefinition } from './layers/registry.ts';
import { parametersOf, type ResolvedLayer, resolve } from './resolve.ts';
import { Taps } from './taps.ts';
import type { Model } from './types.ts';
import type { Weights } from './weights.ts';

/** Keys of the models' dropout layers start here, apart from those of the parameters' random streams. */
const DROPOUT_KEYS = 0x64726f70;

interface ApplyOptions {
  readonly made?: (layer: string, y: Tensor) => void;
  readonly used?: (parameter: Tensor) => Tensor;
}

/** The lowering of a model to graphs that share its parameters: one for training, one for inference. */
export class Network {
  /** The model's parameters by name, running statistics included. */
  readonly parameters: ReadonlyMap<string, Tensor>;
  private readonly layers: readonly ResolvedLayer[];

  /** The parameters' first values are drawn with `start`, one seed a replica, or are the weights given. */
  constructor(
    readonly model: Model,
    start: readonly number[] | Weights,
  ) {
    this.layers = resolve(model);
    this.parameters = new Map(
      parametersOf(model).map((parameter, index) => {
        const { name, shape, trainable, weightDecay } = parameter;
        const initial = (replica: number) =>
          start instanceof Map
            ? (start.get(name)?.data ?? new Float32Array())
            : initialValue(parameter, index, (start as readonly number[])[replica] ?? 0);
        return [name, parameterNode({ name, shape, initial, trainable, weightDecay })];
      }),
    );
  }

  /**
   * The model's output for a batch x [N, ...input]. Training draws dropout and moves the running statistics. `made` hears of each
   * layer's output as it is made, of those inside of a container before its own, of one that is repeated each time; `used` is what a
   * layer takes for one of its parameters [the parameter].
   */
  apply(x: Tensor, mode: 'training' | 'inference', { made, used = (parameter) => parameter }: ApplyOptions = {}): Tensor {
    let dropouts = 0;
    const dropoutKey = () => DROPOUT_KEYS + dropouts++;
    const lowerOne = ({ layer, name, weightsOf, inner }: ResolvedLayer, given: Tensor, taps: Taps<Tensor>): Tensor => {
      if (isContainer(layer)) {
        const definition = containerDefinition(layer.type);
        const within = () => new Taps(definition.closed ? undefined : taps);
        return definition.lower(layer, given, (list, input) => lower(inner[list] ?? [], input, within()));
      }
      const weight = (role: string) => used(this.parameter(`${weightsOf}/${role}`));
      return simpleDefinition(layer.type).lower(layer, given, { mode, where: name, taps, weight, dropoutKey });
    };
    const lower = (layers: readonly ResolvedLayer[], given: Tensor, taps: Taps<Tensor>): Tensor =>
      layers.reduce((x, layer) => {
        const y = lowerOne(layer, x, taps);
        made?.(layer.name, y);
        return y;
      }, given);
    return lower(this.layers, x, new Taps());
  }

  private parameter(name: string): Tensor {
    const tensor = this.parameters.get(name);
    if (!tensor) throw new ShapeError(`The model has no parameter '${name}'`);
    return tensor;
  }
}
