import { checkArguments, RECORD, refuseUnknown } from '../core/arguments.ts';
import { abortError, ShapeError } from '../core/errors.ts';
import { checkValue, elements, formatShape, sameShape, type Value } from '../core/value.ts';
import type { Dataset } from '../data/dataset.ts';
import { DATASET } from '../data/kind.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { Workspace } from '../gpu/workspace.ts';
import { dequantizedWeights } from '../quantize/dequantized.ts';
import { IntegerEngine } from '../quantize/engine.ts';
import { integersOf } from '../quantize/input.ts';
import type { IntegerGraph, IntegerTensor } from '../quantize/integer-graph.ts';
import { integerGraph } from '../quantize/lower.ts';
import type { QuantizedModel } from '../quantize/types.ts';
import { checkCount } from './checks.ts';
import { howToPredict } from './how-to-predict.ts';
import { checkEvaluateOptions, type EvaluateOptions, type Evaluation } from './inference.ts';
import { Judged } from './judged.ts';
import { containedActivation, type LossName } from './loss.ts';
import { lossFor, type Predictor, type PredictorOptions, predictor } from './predictor.ts';
import { checkFits } from './resident.ts';

/** Runs a network in integers. What it tells is computed from the integers that leave. */
class IntegerPredictor implements Predictor {
  /** Predictions and evaluations share the engine's buffers, so one waits for the other. */
  private busy: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly workspace: Workspace,
    private readonly quantized: QuantizedModel,
    private readonly graph: IntegerGraph,
    private readonly engine: IntegerEngine,
  ) {}

  async predict(x: Value): Promise<Value> {
    const { input, output } = this.graph;
    const sample = this.quantized.model.input;
    checkValue('predict: x', x, howToPredict(x, sample));
    if (!sameShape(x.shape.slice(1), sample))
      throw new ShapeError(`predict: x must be [N, ${sample.join(', ')}], got ${formatShape(x.shape)}`);
    const count = x.shape[0] ?? 0;
    return this.next(async () => {
      const data = new Float32Array(count * elements(output.shape));
      const take = (values: Float32Array, first: number) => data.set(values, first * elements(output.shape));
      await this.each(integersOf(x.data, AS_IT_IS, input), output, take);
      return { shape: [count, ...output.shape], data };
    });
  }

  async evaluate(data: Dataset, options: EvaluateOptions = {}): Promise<Evaluation> {
    checkArguments('evaluate(test)', { data: DATASET, options: RECORD }, [data, options]);
    checkEvaluateOptions(options);
    const { graph, quantized } = this;
    const loss = lossFor(data, quantized.model);
    checkFits(data, quantized.model.input, graph.output.shape, loss);
    return this.next(async () => {
      const logits = logitsOf(graph, loss);
      const judged = new Judged(data, loss, elements(logits.shape), options.confusion);
      const take = (values: Float32Array, first: number) => judged.add(values, first);
      await this.each(integersOf(data.x, data, graph.input), logits, take, options.signal);
      return judged.evaluation();
    });
  }

  async destroy(): Promise<void> {
    await this.workspace.close();
    this.workspace.destroy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.destroy();
  }

  private next<T>(work: () => Promise<T>): Promise<T> {
    return this.workspace.during(() => {
      const done = this.busy.then(work);
      this.busy = done.catch(() => undefined);
      return done;
    });
  }

  /** Hands on a value of the samples, a batch at a time, in floats that hold it exactly. */
  private async each(
    x: Int8Array,
    tensor: IntegerTensor,
    take: (values: Float32Array, first: number) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    const { batch } = this.engine;
    const length = elements(this.graph.input.shape);
    const size = elements(tensor.shape);
    const count = x.length / length;
    for (let first = 0; first < count; first += batch) {
      if (signal?.aborted) throw abortError(signal.reason);
      const rows = Math.min(batch, count - first);
      const integers = await this.engine.run(x.subarray(first * length, (first + rows) * length), tensor);
      take(
        Float32Array.from(integers.subarray(0, rows * size), (value) => (value - tensor.zeroPoint) * tensor.scale),
        first,
      );
    }
  }
}

const AS_IT_IS = { scale: 1, offset: 0 };

/** What a loss is computed from: what goes into the activation that it contains, where the network ends with that. */
function logitsOf({ output, operations }: IntegerGraph, loss: LossName): IntegerTensor {
  const contained = containedActivation(loss);
  let tensor = output;
  for (const operation of [...operations].reverse()) {
    if (operation.output !== tensor) continue;
    if (operation.type === 'lookup' && operation.activation.kind === contained) return operation.inputs[0];
    if (operation.type !== 'reshape') break;
    tensor = operation.inputs[0];
  }
  return output;
}

/** A quantised model, ready to predict: in integers, or, where its activations are floats, in float32 with the weights that leave. */
export async function quantizedPredictor(
  gpu: Gpu,
  quantized: QuantizedModel,
  options: PredictorOptions = {},
): Promise<Predictor> {
  if (quantized.bits.activations === 'float') return predictor(gpu, quantized.model, dequantizedWeights(quantized), options);
  const { batch = 64, tune: _, ...rest } = options;
  refuseUnknown('predictor', rest, ['batch', 'tune']);
  checkCount('predictor: batch', batch);
  gpu.check();
  const graph = integerGraph(quantized);
  const workspace = new Workspace(gpu, 'predictor');
  try {
    return new IntegerPredictor(workspace, quantized, graph, await IntegerEngine.create(workspace, graph, batch));
  } catch (error) {
    workspace.destroy();
    throw error;
  }
}
