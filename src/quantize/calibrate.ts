import { ShapeError } from '../core/errors.ts';
import { elements, formatShape, sameShape } from '../core/value.ts';
import type { Dataset } from '../data/dataset.ts';
import type { Deployed } from '../deploy/deployed.ts';
import { tracedGraph } from '../deploy/graph.ts';
import { encode } from '../gpu/commands.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { Workspace } from '../gpu/workspace.ts';
import { fuse } from '../graph/fuse.ts';
import { input } from '../graph/sources.ts';
import { first, type Tensor, topological } from '../graph/tensor.ts';
import { Network } from '../model/network.ts';
import { layOut, loadFamilies } from '../plan/layout.ts';
import { ParameterStore } from '../plan/parameters.ts';
import { Plan } from '../plan/plan.ts';
import { NO_DATA_SET, TrainingState } from '../plan/state.ts';
import { withActivationsApart } from './activations-apart.ts';

/** The least and the most that a value was. */
export interface Range {
  readonly least: number;
  readonly most: number;
}

/** Samples that are looked at, evenly spread over the data set. */
const MOST_SAMPLES = 1024;
/** Samples at a time. */
const MOST_BATCH = 32;

/**
 * The range of each value of a network over a data set, by its name in `exportGraph(model, ...)`. Runs the network in float32. Throws a
 * ShapeError where the data set does not fit the model.
 */
export async function calibrate(gpu: Gpu, { model, weights }: Deployed, data: Dataset): Promise<ReadonlyMap<string, Range>> {
  if (!sameShape(data.inputShape, model.input))
    throw new ShapeError(
      `quantize: the calibration data set has samples of ${formatShape(data.inputShape)}, but the model takes ${formatShape(model.input)}`,
    );
  const apart = withActivationsApart(model);
  const named = tracedGraph(model, weights).graph.operations;
  const { graph, positionOf } = tracedGraph(apart, weights);
  const positions = graph.operations.map(({ output }) => positionOf(output));
  const count = Math.min(data.size, MOST_SAMPLES);
  const batch = Math.min(count, MOST_BATCH);
  const network = new Network(apart, new Map(weights));
  const x = input('x', [batch, ...model.input]);
  const nodes = topological([network.apply(x, 'inference')]);
  const seen = [...new Set(positions)].flatMap((position) => {
    const node = position === undefined ? undefined : nodes[position];
    return node ? [{ position, tensor: first(node) }] : [];
  });
  const ranges = await observed(
    gpu,
    network,
    x,
    seen.map(({ tensor }) => tensor),
    samplesOf(data, count, batch),
  );
  const byPosition = new Map(seen.map(({ position }, index) => [position, ranges[index]]));
  const found = new Map<string, Range>([['input', inputRange(data)]]);
  // Both lists are of the same operations: only the layers that activations belong to differ.
  named.forEach(({ output }, index) => {
    const range = byPosition.get(positions[index]);
    if (range) found.set(output.name, range);
  });
  return found;
}

/** Of bytes all that they can be, so that an integer is a byte less 128 where that is enough. */
function inputRange({ x, scale, offset }: Dataset): Range {
  if (x instanceof Uint8Array) return rangeOf([offset, 255 * scale + offset]);
  return rangeOf(x.map((value) => Math.fround(Math.fround(value * scale) + offset)));
}

/** Batches of samples as the model sees them, the last filled up with the first samples again. */
function* samplesOf({ x, size, scale, offset, inputShape }: Dataset, count: number, batch: number): Generator<Float32Array> {
  const length = elements(inputShape);
  for (let start = 0; start < count; start += batch) {
    const values = new Float32Array(batch * length);
    for (let at = 0; at < batch; at++) {
      const sample = Math.floor((((start + at) % count) * size) / count);
      const stored = x.subarray(sample * length, (sample + 1) * length);
      stored.forEach((value, i) => {
        values[at * length + i] = Math.fround(value * scale) + offset;
      });
    }
    yield values;
  }
}

async function observed(
  gpu: Gpu,
  network: Network,
  x: Tensor,
  tensors: readonly Tensor[],
  batches: Iterable<Float32Array>,
): Promise<Range[]> {
  if (tensors.length === 0) return [];
  const workspace = new Workspace(gpu, 'calibration');
  try {
    const outputs = fuse(tensors);
    const parameters = [...network.parameters.values()];
    const store = new ParameterStore(workspace, parameters, { replicas: 1, splits: new Map(), moments: 0 });
    const state = new TrainingState(workspace, 1);
    state.write({ step: 0, ...NO_DATA_SET, seeds: [0], learningRates: [0] });
    const graph = { replicas: 1, outputs };
    await loadFamilies(gpu, graph);
    const plan = await Plan.create(workspace, layOut(gpu, graph), { state, parameters: store });
    let ranges: Range[] = tensors.map(() => ({ least: 0, most: 0 }));
    for (const values of batches) {
      plan.upload(x, values);
      workspace.submit((encoder) => encode(encoder, plan.commands));
      const read = await plan.read(outputs);
      ranges = ranges.map(({ least, most }, index) => {
        const own = rangeOf(read[index]?.[0]?.data ?? []);
        return { least: Math.min(least, own.least), most: Math.max(most, own.most) };
      });
    }
    return ranges;
  } finally {
    workspace.destroy();
  }
}

/** 0 included, which every range of integers must hold. */
function rangeOf(values: ArrayLike<number>): Range {
  let [least, most] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (value < least) least = value;
    else if (value > most) most = value;
  }
  return { least, most };
}
