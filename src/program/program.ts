import { checkArguments, isRecord, RECORD, refuseUnknown } from '../core/arguments.ts';
import { OptionError, ShapeError } from '../core/errors.ts';
import { checkSeed } from '../core/random.ts';
import { shown } from '../core/shown.ts';
import { checkShape, checkValue, elements, formatShape, type Shape, sameShape, type Value } from '../core/value.ts';
import { encode } from '../gpu/commands.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { Workspace } from '../gpu/workspace.ts';
import { fuse } from '../graph/fuse.ts';
import { TENSOR } from '../graph/kind.ts';
import { checkLabels, labelsBehind } from '../graph/labels.ts';
import { inputAttributes, parameterAttributes, parameterNode, parametersBehind, unit } from '../graph/sources.ts';
import { type Tensor, topological } from '../graph/tensor.ts';
import { init as checkedInit } from '../model/fields.ts';
import { initialValue } from '../model/initialise.ts';
import type { Init } from '../model/initialisers.ts';
import { WEIGHTS } from '../model/kind.ts';
import { partialWeights, type Weights, type WeightsReport } from '../model/weights.ts';
import { drawnLayer } from '../ops/elementwise.ts';
import { gradientsOf } from '../ops/gradients/index.ts';
import { type GraphOptions, layOut, loadFamilies } from '../plan/layout.ts';
import { createParameters } from '../plan/parameters.ts';
import { Plan } from '../plan/plan.ts';
import { NO_DATA_SET, TrainingState } from '../plan/state.ts';
import type { PlanSummary } from '../plan/summary.ts';
import { updateDispatches } from '../plan/update.ts';
import { inRange } from '../train/checks.ts';
import { checkedOptimizer, type Optimizer } from '../train/optimizers/registry.ts';
import { trainerSettings } from '../train/options.ts';
import { updateOf } from '../train/training-graph.ts';

/** A compiled graph. */
export interface Program {
  /**
   * One run, and one update where the program has an optimizer: the outputs by name. `inputs` must hold every input of the graph.
   * Throws a ShapeError where one does not fit, a DataError where one that a loss takes for labels holds another number than a class.
   */
  run(inputs: Readonly<Record<string, Value>>): Promise<Record<string, Value>>;
  /** The present value of a parameter of the graph. */
  parameter(name: string): Promise<Value>;
  /** The present values of all parameters by name, those that no optimizer changes too: what `encodeSafetensors` takes. */
  weights(): Promise<Weights>;
  /**
   * Replaces the values of parameters; an optimizer's moments stay. `weights` must hold every parameter and nothing else, or, with
   * `partial`, those are taken that fit by name and shape. Throws a ShapeError where one does not fit, with `partial` where none does, and
   * then changes none.
   */
  setWeights(weights: Weights, options?: { readonly partial?: boolean }): WeightsSet;
  readonly plan: PlanSummary;
  destroy(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export type WeightsSet = WeightsReport;

export interface ProgramOptions {
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** Let an optimizer change the trainable parameters behind a loss at each run. */
  readonly update?: { readonly loss: Tensor; readonly optimizer: Optimizer };
  /** Of dropout [0]. */
  readonly seed?: number;
}

export interface ParameterOptions {
  /** Of a drawn first value [0]; each name has its own stream. */
  readonly seed?: number;
  readonly trainable?: boolean;
  readonly weightDecay?: number;
}

export function parameter(
  name: string,
  shape: Shape,
  init: Init | Value,
  { seed = 0, trainable = true, weightDecay = 0, ...rest }: ParameterOptions = {},
): Tensor {
  checkSeed(`parameter '${name}'`, seed);
  refuseUnknown(`parameter '${name}'`, rest, ['seed', 'trainable', 'weightDecay']);
  inRange(`parameter '${name}': weightDecay`, weightDecay, (n) => n >= 0, 'at least 0');
  checkShape(`parameter '${name}'`, shape);
  if (typeof trainable !== 'boolean')
    throw new OptionError(`parameter '${name}': trainable must be true or false, got ${shown(trainable)}`);
  if ('data' in init) {
    checkValue(`parameter '${name}'`, init);
    if (!sameShape(init.shape, shape))
      throw new ShapeError(`parameter '${name}': its value has shape ${formatShape(init.shape)}, not ${formatShape(shape)}`);
    return parameterNode({ name, shape, trainable, weightDecay, initial: () => init.data });
  }
  const fanOut = shape.at(-1) ?? 1;
  const fanIn = shape.length > 1 ? elements(shape) / fanOut : fanOut;
  const stream = [...name].reduce((hash, letter) => Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193) >>> 0, 0x811c9dc5);
  const drawn = checkedInit(`parameter '${name}'`, 'the third argument', init, init);
  const description = { name, shape, init: drawn, fanIn, fanOut, trainable, weightDecay };
  return parameterNode({ name, shape, trainable, weightDecay, initial: () => initialValue(description, stream, seed) });
}

export function gradient(loss: Tensor, parameters: readonly Tensor[]): Tensor[] {
  if (loss.shape.length > 0) throw new ShapeError(`gradient: the loss must be a scalar, got ${formatShape(loss.shape)}`);
  const gradients = gradientsOf(loss, unit([]), parameters);
  return gradients.map((found, index) => {
    if (!found)
      throw new ShapeError(
        `gradient: the loss does not depend on tensor ${index} (${formatShape(parameters[index]?.shape ?? [])}) through differentiable operations`,
      );
    return found;
  });
}

export async function compile(gpu: Gpu, { outputs, update, seed = 0, ...rest }: ProgramOptions): Promise<Program> {
  gpu.check();
  checkSeed('compile', seed);
  refuseUnknown('compile', rest, ['outputs', 'update', 'seed']);
  const form = 'compile(gpu, { outputs: { y }, update: { loss, optimizer: adam() } })';
  checkArguments(form, { outputs: RECORD }, [outputs]);
  for (const [name, output] of Object.entries(outputs)) checkArguments(form, { [`output '${name}'`]: TENSOR }, [output]);
  if (update !== undefined && !(isRecord(update) && TENSOR.is(update.loss)))
    throw new OptionError(`compile: update must be { loss, optimizer }, got ${shown(update)}; write ${form}`);
  if (update) checkedOptimizer('compile: update', update.optimizer);
  const names = Object.keys(outputs);
  if (names.length === 0 && !update) throw new OptionError('compile: give outputs, an update, or both');
  const wanted = [...Object.values(outputs), ...(update ? [update.loss] : [])];
  refuseSharedNoise(wanted);
  const parameters = parametersBehind(wanted);
  const inputs = topological(wanted)
    .filter(({ operation }) => operation.source === 'input')
    .flatMap((node) => node.outputs);
  const inputNames = unique(
    'input',
    inputs.map((tensor) => inputAttributes(tensor).name),
  );
  const parameterNames = unique(
    'parameter',
    parameters.map((tensor) => parameterAttributes(tensor).name),
  );

  const labels = labelsBehind(wanted);

  const forward = fuse(wanted, { gradients: update !== undefined });
  const loss = update ? forward.at(-1) : undefined;
  const trained = loss
    ? parameters.filter((tensor) => parameterAttributes(tensor).trainable && topological([loss]).includes(tensor.node))
    : [];
  if (update && trained.length === 0) throw new ShapeError('compile: the loss to be lowered depends on no trainable parameter');
  const gradients = loss ? gradient(loss, trained) : [];
  const fused = fuse([...forward.slice(0, names.length), ...gradients]);
  const final = fused.slice(0, names.length);
  const settings = update && trainerSettings({ batch: 1, optimizer: update.optimizer, seed });
  const graph = {
    replicas: 1,
    outputs: final,
    update:
      settings &&
      updateOf(
        settings,
        trained.map((tensor, index) => ({ parameter: tensor, gradient: fused[names.length + index] as Tensor })),
      ),
  };
  const workspace = new Workspace(gpu, 'program');
  const { store, state, plan } = await made(workspace, parameters, graph).catch((error) => {
    workspace.destroy();
    throw error;
  });
  let step = 0;
  const destroy = async () => {
    await workspace.close();
    plan.destroy();
    workspace.destroy();
  };

  const valuesOf = async (tensors: readonly Tensor[]): Promise<Value[]> => {
    const requests = tensors.map((tensor) => ({ parameter: tensor, slot: 'value' as const, replica: 0 }));
    const found = await workspace.during(() => store.read(requests));
    return tensors.map(({ shape }, index) => ({ shape, data: found[index] as Float32Array }));
  };

  return {
    plan: plan.summary,
    async run(values) {
      checkArguments('run({ x })', { inputs: RECORD }, [values]);
      workspace.checkOpen();
      for (const name of Object.keys(values))
        if (!inputNames.includes(name))
          throw new OptionError(`run: the program has no input '${name}'; it takes ${inputNames.join(', ') || 'none'}`);
      inputs.forEach((tensor, index) => {
        const name = inputNames[index] as string;
        const value = values[name];
        if (!value) throw new ShapeError(`run: input '${name}' is missing`);
        checkValue(`run: input '${name}'`, value);
        if (!sameShape(value.shape, tensor.shape))
          throw new ShapeError(`run: input '${name}' must be ${formatShape(tensor.shape)}, got ${formatShape(value.shape)}`);
        for (const own of labels) if (own.input === tensor) checkLabels(`run: input '${name}'`, own, value.data);
      });
      inputs.forEach((tensor, index) => {
        const value = values[inputNames[index] as string];
        if (value && plan.uses(tensor)) plan.upload(tensor, value.data);
      });
      state.write({ step, ...NO_DATA_SET, seeds: [seed], learningRates: settings?.learningRates ?? [0] });
      step++;
      workspace.submit((encoder) => encode(encoder, plan.commands));
      const read = await workspace.during(() => plan.read(final));
      return Object.fromEntries(names.map((name, index) => [name, read[index]?.[0] as Value]));
    },
    async parameter(name) {
      workspace.checkOpen();
      const tensor = parameters[parameterNames.indexOf(name)];
      if (!tensor)
        throw new OptionError(
          `The program has no parameter ${typeof name === 'string' ? `'${name}'` : shown(name)}; it has ${parameterNames.join(', ') || 'none'}`,
        );
      const [value] = await valuesOf([tensor]);
      return value as Value;
    },
    async weights() {
      workspace.checkOpen();
      const values = await valuesOf(parameters);
      return new Map(parameterNames.map((name, index) => [name, values[index] as Value]));
    },
    setWeights(weights, options = {}) {
      const form = 'setWeights(await program.weights(), { partial: true })';
      checkArguments(form, { weights: WEIGHTS, options: RECORD }, [weights, options]);
      const { partial = false, ...unknown } = options;
      refuseUnknown('setWeights', unknown, ['partial']);
      if (typeof partial !== 'boolean') throw new OptionError(`setWeights: partial must be true or false, got ${shown(partial)}`);
      workspace.checkOpen();
      const named = parameters.map(({ shape }, index) => ({ name: parameterNames[index] ?? '', shape }));
      if (!partial) checkAllFit(named, weights);
      const report = partial ? partialWeights('program', named, weights) : { set: parameterNames, missing: [], ignored: [] };
      store.write(
        report.set.flatMap((name) => {
          const [parameter, value] = [parameters[parameterNames.indexOf(name)], weights.get(name)];
          return parameter && value ? [{ parameter, slot: 'value' as const, replica: 0, data: value.data }] : [];
        }),
      );
      return report;
    },
    destroy,
    [Symbol.asyncDispose]: destroy,
  };
}

/** Throws a ShapeError unless `weights` holds a value of its shape for each parameter, and nothing else. */
function checkAllFit(parameters: readonly { readonly name: string; readonly shape: Shape }[], weights: Weights): void {
  const names = parameters.map(({ name }) => name);
  const missing = names.filter((name) => !weights.has(name)).map((name) => `'${name}' is missing`);
  const unknown = [...weights.keys()].filter((name) => !names.includes(name)).map((name) => `there is no '${name}'`);
  const unfit = [...missing, ...unknown];
  if (unfit.length > 0)
    throw new ShapeError(
      `setWeights: ${unfit.slice(0, 8).join(', ')}${unfit.length > 8 ? ` and ${unfit.length - 8} more` : ''}; the program has ${names.join(', ') || 'no parameters'}. With { partial: true } those that fit are set`,
    );
  for (const { name, shape } of parameters) {
    const value = weights.get(name) as Value;
    checkValue(`setWeights: '${name}'`, value);
    if (!sameShape(value.shape, shape))
      throw new ShapeError(`setWeights: '${name}' must be ${formatShape(shape)}, got ${formatShape(value.shape)}`);
  }
}

async function made(workspace: Workspace, parameters: readonly Tensor[], graph: GraphOptions) {
  await loadFamilies(workspace.gpu, graph);
  const layout = layOut(workspace.gpu, graph);
  const store = createParameters(workspace, parameters, layout);
  const state = new TrainingState(workspace, 1);
  return { store, state, plan: await Plan.create(workspace, layout, { state, parameters: store, update: updateDispatches }) };
}

function unique(what: string, names: string[]): string[] {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new ShapeError(`compile: two ${what}s are named '${twice}'`);
  return names;
}

/** Two dropouts of one layer number would draw the same noise. */
function refuseSharedNoise(tensors: readonly Tensor[]): void {
  const seen = new Set<number>();
  for (const node of topological(tensors)) {
    const layer = drawnLayer(node);
    if (layer === undefined) continue;
    if (seen.has(layer))
      throw new OptionError(
        `compile: two dropouts have layer ${layer} and would drop the same elements; give each a layer of its own`,
      );
    seen.add(layer);
  }
}
