import { elements } from '../../src/core/value.ts';
import type { BatchNormLayer } from '../../src/model/layers/batch-norm.ts';
import type { SimpleLayer } from '../../src/model/layers/simple.ts';
import { type ResolvedLayer, resolve } from '../../src/model/resolve.ts';
import type { Model } from '../../src/node.ts';
import { references } from '../../src/reference/index.ts';
import type { Reference, Tensor64 } from '../../src/reference/reference.ts';
import { map } from '../../src/reference/tensor.ts';
import { lengths64, route64, squash64 } from './capsules64.ts';

/** A model's parameters in float64, by name. */
export type Weights64 = Map<string, Tensor64>;

/** How a pass over the network runs: dropout is keyed by seed and step; inference has neither it nor the batch's statistics. */
export type Mode = { readonly type: 'training'; readonly seed: number; readonly step: number } | { readonly type: 'inference' };

export interface Pass {
  readonly output: Tensor64;
  /** The gradient of each parameter that has one, from that of the output. */
  backward(outputGradient: Tensor64): Weights64;
  /** Running statistics as they are after the pass. */
  readonly statistics: Weights64;
}

type Backward = (dy: Tensor64) => Tensor64;
type Step = { readonly y: Tensor64; readonly backward: Backward };
/** A value that a tap keeps, and the gradients that its joins give it. */
type Tapped = { readonly y: Tensor64; readonly gradients: Tensor64[] };

/** Where the models' dropout layers begin to count their keys (src/model/network.ts). */
const DROPOUT_KEYS = 0x64726f70;

/** Runs a model on a batch x [N, ...input] in float64, from the reference operations alone; rows of padding are simply left out. */
export function referencePass(m: Model, weights: Weights64, x: Tensor64, mode: Mode): Pass {
  return new ReferencePass(weights, mode).run(resolve(m), x);
}

class ReferencePass {
  private readonly gradients: Weights64 = new Map();
  private readonly statistics: Weights64 = new Map();
  private dropouts = 0;

  constructor(
    private readonly weights: Weights64,
    private readonly mode: Mode,
  ) {}

  run(layers: readonly ResolvedLayer[], x: Tensor64): Pass {
    const { y, backward } = this.chain(layers, x, new Map());
    return {
      output: y,
      statistics: this.statistics,
      backward: (outputGradient) => {
        backward(outputGradient);
        return this.gradients;
      },
    };
  }

  private chain(layers: readonly ResolvedLayer[], x: Tensor64, around: ReadonlyMap<string, Tapped>): Step {
    const steps: Backward[] = [];
    const taps = new Map(around);
    let y = x;
    for (const layer of layers) {
      const step = this.layer(layer, y, taps);
      steps.unshift(step.backward);
      y = step.y;
    }
    return { y, backward: (dy) => steps.reduce((gradient, step) => step(gradient), dy) };
  }

  private layer({ layer, name, weightsOf, inner }: ResolvedLayer, x: Tensor64, taps: Map<string, Tapped>): Step {
    const within = (list: number) => this.chain(inner[list] ?? [], x, taps);
    switch (layer.type) {
      case 'branch':
        return this.joined(
          'concat',
          inner.map((_, index) => within(index)),
        );
      case 'merge':
        return inner.map((_, index) => within(index)).reduce((a, b) => this.joined(layer.kind, [a, b]));
      case 'residual': {
        const shortcut: Step = layer.shortcut ? within(1) : { y: x, backward: (dy) => dy };
        return this.joined('add', [shortcut, within(0)]);
      }
      case 'gate':
        return this.joined('multiply', [{ y: x, backward: (dy) => dy }, overPixels(within(0), x)]);
      case 'repeat': {
        const backwards: Backward[] = [];
        let y = x;
        for (let time = 0; time < layer.times; time++) {
          const step = this.chain(inner[0] ?? [], y, new Map());
          backwards.unshift(step.backward);
          y = step.y;
        }
        return { y, backward: (dy) => backwards.reduce((gradient, step) => step(gradient), dy) };
      }
      case 'tap': {
        const tapped: Tapped = { y: x, gradients: [] };
        taps.set(layer.tap, tapped);
        return { y: x, backward: (dy) => tapped.gradients.reduce(add, dy) };
      }
      case 'join': {
        const tapped = taps.get(layer.tap);
        if (!tapped) throw new Error(`${name}: there is no tap ${layer.tap}`);
        const kept: Backward = (dy) => {
          tapped.gradients.push(dy);
          return zeros(x);
        };
        return this.joined(layer.kind, [
          { y: x, backward: (dy) => dy },
          { y: tapped.y, backward: kept },
        ]);
      }
      default:
        return this.simple(layer, weightsOf, x);
    }
  }

  /** Steps of the same input side by side, joined by an operation. */
  private joined(op: 'concat' | 'add' | 'multiply', parts: readonly Step[]): Step {
    const names = op === 'concat' ? parts.map((_, index) => `path${index}`) : ['a', 'b'];
    const inputs = Object.fromEntries(parts.map(({ y }, index) => [names[index], y]));
    const { forward, gradient } = reference(op);
    return {
      y: forward(inputs, {}),
      backward(dy) {
        const gradients = gradient(inputs, dy, {});
        return parts.map(({ backward }, index) => backward(gradients[names[index] ?? ''] as Tensor64)).reduce(add);
      },
    };
  }

  private simple(layer: Exclude<SimpleLayer, { type: 'tap' | 'join' }>, name: string, x: Tensor64): Step {
    const batch = x.shape[0] ?? 0;
    switch (layer.type) {
      case 'reshape':
      case 'flatten': {
        const shape = [batch, ...(layer.type === 'reshape' ? layer.shape : [elements(x.shape.slice(1))])];
        return { y: { shape, data: x.data }, backward: (dy) => ({ shape: x.shape, data: dy.data }) };
      }
      case 'conv2dTranspose':
        return this.operation('conv2dTranspose', { x }, layer, {
          filter: `${name}/filter`,
          ...(layer.bias && { bias: `${name}/bias` }),
        });
      case 'layerNorm':
        return this.operation('layerNorm', { x }, layer, { scale: `${name}/scale`, offset: `${name}/offset` });
      case 'prelu':
        return this.operation('prelu', { x }, {}, { slope: `${name}/slope` });
      case 'channelShuffle': {
        const channels = x.shape.at(-1) ?? 1;
        const size = channels / layer.groups;
        // Channel j of group i becomes channel i of j.
        const dealt = (c: number) => (c % size) * layer.groups + Math.floor(c / size);
        return permuted(x, (index) => index - (index % channels) + dealt(index % channels));
      }
      case 'activation': {
        const { type, ...options } = typeof layer.activation === 'string' ? { type: layer.activation } : layer.activation;
        return this.operation(type, { x }, options);
      }
      case 'dropout':
        if (this.mode.type === 'inference') return { y: x, backward: (dy) => dy };
        return this.operation('dropout', { x }, { ...this.mode, rate: layer.rate, layer: DROPOUT_KEYS + this.dropouts++ });
      case 'batchNorm':
        return this.batchNorm(x, name, layer);
      case 'conv2d':
        return this.operation('conv2d', { x }, layer, { filter: `${name}/filter`, ...(layer.bias && { bias: `${name}/bias` }) });
      case 'depthwiseConv2d': {
        const attributes = { ...layer, groups: x.shape[3] };
        return this.operation('conv2d', { x }, attributes, {
          filter: `${name}/filter`,
          ...(layer.bias && { bias: `${name}/bias` }),
        });
      }
      case 'dense':
        return this.operation('dense', { x }, layer, { weights: `${name}/weights`, ...(layer.bias && { bias: `${name}/bias` }) });
      case 'maxPool2d':
      case 'avgPool2d':
      case 'globalMaxPool2d':
      case 'globalAvgPool2d':
      case 'upsample2d':
        return this.operation(layer.type, { x }, layer);
      case 'primaryCapsules': {
        const convolved = this.operation(
          'conv2d',
          { x },
          { ...layer, groups: x.shape[3] },
          {
            filter: `${name}/filter`,
            ...(layer.bias && { bias: `${name}/bias` }),
          },
        );
        const [, height = 1] = convolved.y.shape;
        const shape = [batch, height, convolved.y.data.length / (batch * height * layer.dimension), layer.dimension];
        const { y, backward } = squash64({ shape, data: convolved.y.data });
        return { y, backward: (dy) => convolved.backward({ shape: convolved.y.shape, data: backward(dy).data }) };
      }
      case 'capsules': {
        const [, height = 1, width = 1, size = 1] = x.shape;
        const given = { shape: [batch, height * width, size], data: x.data };
        const bias = layer.bias ? this.weight(`${name}/bias`) : undefined;
        const routed = route64(given, this.weight(`${name}/weights`), bias);
        const { y, backward } = squash64(routed.y);
        return {
          y: { shape: [batch, 1, layer.count, layer.dimension], data: y.data },
          backward: (dy) => {
            const found = routed.backward(backward({ shape: y.shape, data: dy.data }));
            this.collect(`${name}/weights`, found.weights);
            if (bias) this.collect(`${name}/bias`, found.bias);
            return { shape: x.shape, data: found.x.data };
          },
        };
      }
      case 'capsuleLength': {
        const { y, backward } = lengths64(x);
        const shape = [batch, y.data.length / batch];
        return { y: { shape, data: y.data }, backward: (dy) => backward({ shape: y.shape, data: dy.data }) };
      }
    }
  }

  private batchNorm(x: Tensor64, name: string, { momentum, epsilon, trainable }: BatchNormLayer): Step {
    const given = { scale: `${name}/scale`, offset: `${name}/offset` };
    if (this.mode.type === 'inference' || trainable === false)
      return this.operation(
        'batchNorm',
        { x, mean: this.weight(`${name}/mean`), variance: this.weight(`${name}/variance`) },
        { epsilon },
        given,
      );
    const channels = x.shape.at(-1) ?? 1;
    const rows = x.data.length / channels;
    const mean = new Float64Array(channels);
    const variance = new Float64Array(channels);
    x.data.forEach((value, i) => {
      mean[i % channels] = (mean[i % channels] ?? 0) + value / rows;
    });
    x.data.forEach((value, i) => {
      variance[i % channels] = (variance[i % channels] ?? 0) + (value - (mean[i % channels] ?? 0)) ** 2 / rows;
    });
    for (const [key, batch] of Object.entries({ mean, variance })) {
      const running = this.statistics.get(`${name}/${key}`) ?? this.weight(`${name}/${key}`);
      this.statistics.set(
        `${name}/${key}`,
        map(running, (old, i) => momentum * old + (1 - momentum) * (batch[i] ?? 0)),
      );
    }
    return this.operation('batchNorm', { x }, { epsilon }, given);
  }

  /** One reference operation, some of whose inputs are parameters. */
  private operation(
    op: string,
    inputs: Record<string, Tensor64>,
    attributes: object,
    parameters: Record<string, string> = {},
  ): Step {
    const { forward, gradient } = reference(op);
    const all = { ...inputs };
    for (const [input, name] of Object.entries(parameters)) all[input] = this.weight(name);
    return {
      y: forward(all, { ...attributes }),
      backward: (dy) => {
        const found = gradient(all, dy, { ...attributes });
        for (const [input, name] of Object.entries(parameters)) this.collect(name, found[input] as Tensor64);
        return found.x as Tensor64;
      },
    };
  }

  /** Adds a gradient to those that the other uses of a parameter gave it. */
  private collect(name: string, gradient: Tensor64): void {
    const earlier = this.gradients.get(name);
    this.gradients.set(name, earlier ? add(earlier, gradient) : gradient);
  }

  private weight(name: string): Tensor64 {
    const weight = this.weights.get(name);
    if (!weight) throw new Error(`There is no weight ${name}`);
    return weight;
  }
}

export function reference(op: string): Reference {
  const found = references[op];
  if (!found) throw new Error(`There is no reference of ${op}`);
  return found;
}

/** A factor for each channel, [N,C], as one for each pixel of x too. */
function overPixels({ y, backward }: Step, { shape }: Tensor64): Step {
  const [batch = 1, ...rest] = y.shape;
  if (y.shape.length === shape.length) return { y, backward };
  return {
    y: { shape: [batch, 1, 1, ...rest], data: y.data },
    backward: (dy) => backward({ shape: y.shape, data: dy.data }),
  };
}

/** The elements of x at other places. */
function permuted(x: Tensor64, placeOf: (index: number) => number): Step {
  const y = zeros(x);
  x.data.forEach((value, index) => {
    y.data[placeOf(index)] = value;
  });
  return { y, backward: (dy) => map(x, (_, index) => dy.data[placeOf(index)] ?? Number.NaN) };
}

function zeros(like: Tensor64): Tensor64 {
  return map(like, () => 0);
}

function add(a: Tensor64, b: Tensor64): Tensor64 {
  return reference('add').forward({ a, b }, {});
}
