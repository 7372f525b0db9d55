import { ShapeError } from '../core/errors.ts';
import { checkValue, elements, formatShape, sameShape, type Value } from '../core/value.ts';
import { encode } from '../gpu/commands.ts';
import type { VariantChoice } from '../kernels/family.ts';
import type { GraphOptions } from '../plan/layout.ts';
import { type ForwardOptions, ForwardPlan } from './forward-plan.ts';
import { howToPredict } from './how-to-predict.ts';
import { type PredictionGraph, predictionGraph } from './prediction-graph.ts';

export interface PredictionOptions extends Omit<ForwardOptions, 'replicas'> {
  /** Which kernel variants serve [the preferred ones]. */
  readonly choose?: ((graph: GraphOptions) => Promise<VariantChoice>) | undefined;
}

/** Batches that are under way at once: the next one is uploaded while one computes and the one before it is read. */
const IN_FLIGHT = 3;

/** A network planned for predictions alone. */
export class Prediction {
  private constructor(
    private readonly options: PredictionOptions,
    private readonly forward: ForwardPlan,
    private readonly tensors: PredictionGraph,
  ) {}

  static async create({ choose, ...options }: PredictionOptions): Promise<Prediction> {
    const { network, batch } = options;
    const tensors = predictionGraph(network, batch);
    const outputsOf = (fewer: number) => [predictionGraph(network, fewer).output];
    const forward = await ForwardPlan.create({ ...options, replicas: 1 }, [tensors.output], outputsOf, choose);
    return new Prediction(options, forward, tensors);
  }

  /** The outputs [N, ...] for x [N, ...input], N of any size. */
  predict(x: Value): Promise<Value> {
    return this.forward.next(() => this.predictNow(x));
  }

  /** Frees everything, after what is under way. */
  destroy(): Promise<void> {
    return this.forward.destroy();
  }

  private async predictNow(x: Value): Promise<Value> {
    const { batch, network } = this.options;
    const { plan, workspace } = this.forward;
    const sample = network.model.input;
    checkValue('predict: x', x, howToPredict(x, sample));
    if (!sameShape(x.shape.slice(1), sample))
      throw new ShapeError(`predict: x must be [N, ${sample.join(', ')}], got ${formatShape(x.shape)}`);
    const count = x.shape[0] ?? 0;
    const outputShape = this.tensors.output.shape.slice(1);
    const outputLength = elements(outputShape);
    const sampleLength = elements(sample);
    const result = new Float32Array(count * outputLength);
    this.forward.begin(batch);
    const running: (() => Promise<void>)[] = [];
    for (let first = 0; first < count; first += batch) {
      const rows = Math.min(batch, count - first);
      const samples = x.data.subarray(first * sampleLength, (first + rows) * sampleLength);
      plan.upload(this.tensors.x, rows === batch ? samples : padded(samples, batch * sampleLength));
      workspace.submit((encoder) => encode(encoder, plan.commands));
      const reading = plan.read([this.tensors.output]);
      // Whoever awaits it below hears of its failure; until then nobody does.
      reading.catch(() => undefined);
      running.push(async () => {
        const [[value] = []] = await reading;
        if (value) result.set(value.data.subarray(0, rows * outputLength), first * outputLength);
      });
      if (running.length === IN_FLIGHT) await running.shift()?.();
    }
    for (const end of running) await end();
    return { shape: [count, ...outputShape], data: result };
  }
}

function padded(values: Float32Array, length: number): Float32Array {
  const all = new Float32Array(length);
  all.set(values);
  return all;
}
