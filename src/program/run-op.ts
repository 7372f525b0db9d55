import { OptionError, ShapeError } from '../core/errors.ts';
import { checkValue, formatShape, sameShape, type Value } from '../core/value.ts';
import { encode } from '../gpu/commands.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { Workspace } from '../gpu/workspace.ts';
import { fuse } from '../graph/fuse.ts';
import { checkLabels, labelsBehind } from '../graph/labels.ts';
import { input, inputAttributes } from '../graph/sources.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { VariantChoice } from '../kernels/family.ts';
import { gradientsOf } from '../ops/gradients/index.ts';
import { buildOperation, differentiableInputs, type OpAttributes, type OpInputs, type OpName } from '../ops/registry.ts';
import { layOut, loadFamilies } from '../plan/layout.ts';
import type { Precision } from '../plan/lower.ts';
import { ParameterStore } from '../plan/parameters.ts';
import { Plan } from '../plan/plan.ts';
import { NO_DATA_SET, TrainingState } from '../plan/state.ts';

/** For tests and benchmarks. */
export interface RunOptions {
  /** Kernel variants by family. */
  readonly variants?: VariantChoice;
  /** With 'mixed' inputs and outputs are rounded to f16 too ['f32']. */
  readonly precision?: Precision;
}

export async function runOp<N extends OpName>(
  gpu: Gpu,
  name: N,
  inputs: OpInputs[N],
  attributes?: OpAttributes[N],
  options: RunOptions = {},
): Promise<Value> {
  const tensors = inputTensors(name, inputs);
  const y = build(name, tensors, inputs, attributes);
  const [value] = await run(gpu, tensors, inputs, [y], options);
  if (!value) throw new Error(`${name} has no output`);
  return value;
}

export async function gradOp<N extends OpName>(
  gpu: Gpu,
  name: N,
  inputs: OpInputs[N],
  outputGradient: Value,
  attributes?: OpAttributes[N],
  options: RunOptions = {},
): Promise<Record<string, Value>> {
  checkValue(`${name}: the output gradient`, outputGradient);
  const tensors = inputTensors(name, inputs);
  const y = build(name, tensors, inputs, attributes, { gradients: true });
  if (!sameShape(y.shape, outputGradient.shape))
    throw new ShapeError(
      `${name}: the output gradient must be ${formatShape(y.shape)} like the output, got ${formatShape(outputGradient.shape)}`,
    );
  const seed = input('outputGradient', y.shape);
  const names = differentiableInputs(name, Object.keys(tensors));
  const gradients = gradientsOf(
    y,
    seed,
    names.map((key) => tensors[key] as Tensor),
  );
  const found = fuse(
    gradients.map((gradient, index) => {
      if (!gradient) throw new Error(`${name} has no gradient with respect to '${names[index]}'`);
      return gradient;
    }),
  );
  const values = await run(gpu, { ...tensors, outputGradient: seed }, { ...inputs, outputGradient }, found, options);
  return Object.fromEntries(names.map((key, index) => [key, values[index] as Value]));
}

function inputTensors(name: OpName, inputs: object): Record<string, Tensor> {
  const tensors: Record<string, Tensor> = {};
  for (const [key, value] of Object.entries(inputs)) {
    if (value === undefined) continue;
    if (key === 'outputGradient') throw new OptionError(`${name}: unknown input '${key}'`);
    checkValue(`${name}: '${key}'`, value as Value);
    tensors[key] = input(key, (value as Value).shape);
  }
  return tensors;
}

/** The operation on these inputs; class indices among them are checked. */
function build(
  name: OpName,
  tensors: Record<string, Tensor>,
  inputs: object,
  attributes: object | undefined,
  fusing: { readonly gradients?: boolean } = {},
): Tensor {
  const built = buildOperation(name, tensors, { ...attributes });
  for (const labels of labelsBehind([built])) {
    const value = (inputs as Record<string, Value>)[inputAttributes(labels.input).name];
    if (value) checkLabels(name, labels, value.data);
  }
  const [y] = fuse([built], fusing);
  if (!y) throw new Error(`${name} has no output`);
  return y;
}

async function run(
  gpu: Gpu,
  tensors: Record<string, Tensor>,
  inputs: object,
  outputs: readonly Tensor[],
  { variants, precision }: RunOptions,
): Promise<Value[]> {
  gpu.check();
  const workspace = new Workspace(gpu, 'operation');
  try {
    const state = new TrainingState(workspace, 1);
    state.write({ step: 0, ...NO_DATA_SET, seeds: [0], learningRates: [0] });
    const parameters = new ParameterStore(workspace, [], { replicas: 1, splits: new Map(), moments: 0 });
    const graph = { replicas: 1, outputs, choice: variants, precision };
    await loadFamilies(gpu, graph);
    const layout = layOut(gpu, graph);
    const plan = await Plan.create(workspace, layout, { state, parameters });
    for (const [key, tensor] of Object.entries(tensors))
      if (plan.uses(tensor)) plan.upload(tensor, (inputs as Record<string, Value>)[key]?.data ?? new Float32Array());
    workspace.submit((encoder) => encode(encoder, plan.commands));
    return (await plan.read(outputs)).map(([value]) => value as Value);
  } finally {
    workspace.destroy();
  }
}
