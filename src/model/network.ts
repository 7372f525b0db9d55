import { ShapeError } from '../core/errors.ts';
import { parameterNode } from '../graph/sources.ts';
import type { Tensor } from '../graph/tensor.ts';
import { activation } from '../ops/activation.ts';
import { add } from '../ops/arithmetic.ts';
import { batchNorm, batchNormTraining } from '../ops/batch-norm.ts';
import { concat } from '../ops/concat.ts';
import { conv2d } from '../ops/conv2d.ts';
import { dense } from '../ops/dense.ts';
import { dropout } from '../ops/dropout.ts';
import { avgPool2d, globalAvgPool2d, maxPool2d } from '../ops/pool.ts';
import { flatten } from '../ops/reshape.ts';
import { initialValue } from './initialise.ts';
import { parametersOf, type ResolvedLayer, type ResolvedSimpleLayer, resolve } from './resolve.ts';
import type { Model } from './types.ts';
import type { Weights } from './weights.ts';

/** Keys of the models' dropout layers start here, apart from those of the parameters' random streams. */
const DROPOUT_KEYS = 0x64726f70;

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

  /** The model's output for a batch x [N, ...input]. Training draws dropout and moves the running statistics. */
  apply(x: Tensor, mode: 'training' | 'inference'): Tensor {
    const dropouts = { count: 0 };
    return this.applyAll(this.layers, x, mode, dropouts);
  }

  private applyAll(
    layers: readonly ResolvedLayer[],
    x: Tensor,
    mode: 'training' | 'inference',
    dropouts: { count: number },
  ): Tensor {
    let y = x;
    for (const layer of layers) {
      if (layer.type === 'branch') {
        const before = y;
        const paths = layer.paths.map((path, index) => [`path${index}`, this.applyAll(path, before, mode, dropouts)] as const);
        y = concat(Object.fromEntries(paths));
      } else if (layer.type === 'residual') {
        y = add({ a: y, b: this.applyAll(layer.layers, y, mode, dropouts) });
      } else {
        y = this.applyOne(layer, y, mode, dropouts);
      }
    }
    return y;
  }

  private applyOne(layer: ResolvedSimpleLayer, x: Tensor, mode: 'training' | 'inference', dropouts: { count: number }): Tensor {
    const own = (suffix: string) => this.parameter(`${layer.name}/${suffix}`);
    switch (layer.type) {
      case 'conv2d':
      case 'depthwiseConv2d': {
        const { strides, padding, dilations, activation } = layer;
        const groups = layer.type === 'conv2d' ? layer.groups : (x.shape[3] ?? 1);
        return conv2d(
          { x, filter: own('filter'), bias: layer.bias ? own('bias') : undefined },
          { strides, padding, dilations, groups, activation },
        );
      }
      case 'dense':
        return dense(
          { x, weights: own('weights'), bias: layer.bias ? own('bias') : undefined },
          { activation: layer.activation },
        );
      case 'maxPool2d':
        return maxPool2d({ x }, layer);
      case 'avgPool2d':
        return avgPool2d({ x }, layer);
      case 'globalAvgPool2d':
        return globalAvgPool2d({ x });
      case 'flatten':
        return flatten(x);
      case 'activation':
        return activation(x, layer.activation);
      case 'dropout': {
        const key = DROPOUT_KEYS + dropouts.count++;
        return mode === 'training' ? dropout({ x }, { rate: layer.rate, layer: key }) : x;
      }
      case 'batchNorm': {
        const inputs = { x, scale: own('scale'), offset: own('offset') };
        const { epsilon, momentum } = layer;
        if (mode === 'inference') return batchNorm({ ...inputs, mean: own('mean'), variance: own('variance') }, { epsilon });
        return batchNormTraining(
          { ...inputs, runningMean: own('mean'), runningVariance: own('variance') },
          { epsilon, momentum },
        );
      }
    }
  }

  private parameter(name: string): Tensor {
    const tensor = this.parameters.get(name);
    if (!tensor) throw new ShapeError(`The model has no parameter '${name}'`);
    return tensor;
  }
}
