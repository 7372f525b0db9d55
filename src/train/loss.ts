import { isRecord, refuseUnknown } from '../core/arguments.ts';
import { OptionError, ShapeError } from '../core/errors.ts';
import { shown } from '../core/shown.ts';
import { elements, type Shape } from '../core/value.ts';
import { parameterNode } from '../graph/sources.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { LossName, LossOptions, Reduction } from '../kernels/loss.ts';
import { beforeActivation } from '../ops/activation.ts';
import { rowLoss } from '../ops/loss.ts';
import { inRange } from './checks.ts';
import { type LossOptionsOf, lossDefinition, lossNames, type NamedLoss } from './losses/registry.ts';

export type { LossName, Reduction } from '../kernels/loss.ts';

/** A loss by its name, or with its options and how the losses of a batch's samples become one: their mean or their sum ['mean']. */
export type Loss =
  | NamedLoss
  | { [N in LossName]: { readonly type: N; readonly reduction?: Reduction } & LossOptionsOf<N> }[LossName]
  | { readonly type: NamedLoss; readonly reduction?: Reduction };

/** Every choice made. */
export interface LossSettings {
  readonly loss: LossName;
  readonly lossOptions: LossOptions;
  readonly reduction: Reduction;
  /** By what the loss of a sample of each class is multiplied [1]. */
  readonly classWeights?: readonly number[] | 'balanced';
}

/** A number a class, or, counted in the data of each fit, what makes all classes weigh the same together. */
export type ClassWeights = readonly number[] | Float32Array | Float64Array | 'balanced';

/** Checks a loss, and label smoothing that was asked for beside it. Throws an OptionError that says what is wrong. */
export function checkedLoss(
  loss: Loss | LossName | { readonly type: LossName; readonly reduction?: Reduction },
  labelSmoothing = 0,
): Omit<LossSettings, 'classWeights'> {
  const { type, reduction = 'mean', ...given } = (isRecord(loss) ? loss : { type: loss }) as Record<string, unknown>;
  if (!isLossName(type))
    throw new OptionError(
      `trainer: loss must be ${lossNames.map((name) => `'${name}'`).join(', ')} or { type, reduction } of one, got ${shown(loss)}`,
    );
  if (reduction !== 'mean' && reduction !== 'sum')
    throw new OptionError(`trainer: the loss's reduction must be 'mean' or 'sum', got ${shown(reduction)}`);
  const { options } = lossDefinition(type);
  refuseUnknown('trainer: loss', given, ['type', ...Object.keys(options), 'reduction']);
  inRange('trainer: labelSmoothing', labelSmoothing, (n) => n >= 0 && n < 1, 'at least 0 and below 1');
  if (labelSmoothing > 0 && !('labelSmoothing' in options))
    throw new OptionError('trainer: labelSmoothing belongs to softmaxCrossEntropy');
  const wanted = labelSmoothing > 0 ? { ...given, labelSmoothing } : given;
  const lossOptions = Object.fromEntries(
    Object.entries(options).map(([name, option]) => {
      const value = wanted[name] ?? option.default;
      inRange(`trainer: the ${name} of ${type}`, value, option.allows, option.expected);
      return [name, value as number];
    }),
  );
  return { loss: type, lossOptions, reduction };
}

/** The weights of classes, checked. Throws an OptionError where they are none, or where the loss knows no classes. */
export function checkedClassWeights(loss: LossName, given: ClassWeights): readonly number[] | 'balanced' {
  if (!hasLabels(loss)) throw new OptionError(`trainer: classWeights belong to losses with labels, and ${loss} has none`);
  if (given === 'balanced') return given;
  if (!Array.isArray(given) && !(given instanceof Float32Array) && !(given instanceof Float64Array))
    throw new OptionError(`trainer: classWeights must be a list of a number for each class, or 'balanced', got ${shown(given)}`);
  const weights = Array.from(given);
  weights.forEach((weight, index) => {
    inRange(`trainer: classWeights[${index}]`, weight, (n) => n >= 0, 'at least 0');
  });
  if (!weights.some((weight) => weight > 0)) throw new OptionError('trainer: one of classWeights at least must be above 0');
  return weights;
}

/** By what a training is evaluated: its loss, unless that needs what only training data have. Classes weigh the same then. */
export function evaluationOf({ loss, lossOptions, reduction }: LossSettings): LossSettings {
  const { evaluatedBy } = lossDefinition(loss);
  return evaluatedBy ? checkedLoss({ type: evaluatedBy, reduction }) : { loss, lossOptions, reduction };
}

/** Whether a loss compares with labels, and so knows right answers; else with targets. */
export function hasLabels(loss: LossName): boolean {
  return lossDefinition(loss).goal !== 'targets';
}

/** The activation that a loss contains. */
export function containedActivation(loss: LossName): 'softmax' | 'sigmoid' | undefined {
  return lossDefinition(loss).contains;
}

/** Where a model ends with the activation that the loss contains: which that is, and what goes into it. */
export function containedIn(loss: LossName, output: Tensor): { activation: string; logits: Tensor } | undefined {
  const activation = lossDefinition(loss).contains;
  const logits = activation && beforeActivation(output, activation);
  return logits && { activation, logits };
}

/** The shape of what a batch's output is compared with. Throws a ShapeError where the output does not suit the loss. */
export function goalShape(where: string, loss: LossName, output: Tensor): Shape {
  const { goal, wrongOutput } = lossDefinition(loss);
  const sample = output.shape.slice(1);
  const wrong = wrongOutput?.(sample);
  if (wrong !== undefined) throw new ShapeError(`${where}${loss} ${wrong}`);
  const batch = output.shape[0] ?? 1;
  if (goal === 'targets') return output.shape;
  return goal === 'classes and logits' ? [batch, 1 + elements(sample)] : [batch];
}

/** The loss of a batch's output, and each sample's behind it (`lossRows`); `constants` are parameters that nothing trains. */
export function lossOf(settings: LossSettings, output: Tensor, goal: Tensor): { loss: Tensor; constants: readonly Tensor[] } {
  const { loss: kind, lossOptions: options, reduction, classWeights } = settings;
  const attributes = { kind, goal: lossDefinition(kind).goal, options, reduction };
  if (!classWeights) return { loss: rowLoss({ x: output, goal }, attributes), constants: [] };
  const classes = attributes.goal === 'two classes' ? 2 : (output.shape[1] ?? 1);
  if (classWeights !== 'balanced' && classWeights.length !== classes)
    throw new OptionError(
      `trainer: classWeights has ${classWeights.length} weights, but the model tells ${classes} classes apart`,
    );
  const data = classWeights === 'balanced' ? new Float32Array(classes).fill(1) : Float32Array.from(classWeights);
  const weights = parameterNode({
    name: 'class weights',
    shape: [classes],
    initial: () => data,
    trainable: false,
    weightDecay: 0,
  });
  return { loss: rowLoss({ x: output, goal, weights }, attributes), constants: [weights] };
}

/** n / (K n_k) for each of K classes that n_k of n samples belong to, 0 for one without samples: all classes weigh the same together. */
export function balancedWeights(labels: ArrayLike<number>, classes: number): Float32Array {
  const counts = new Float64Array(classes);
  for (let i = 0; i < labels.length; i++) counts[labels[i] as number] = (counts[labels[i] as number] ?? 0) + 1;
  return Float32Array.from(counts, (count) => (count === 0 ? 0 : labels.length / (classes * count)));
}

function isLossName(name: unknown): name is LossName {
  return lossNames.includes(name as LossName);
}

/** What is reported: the mean over the samples, or the sums' mean over `sums` of them (steps, or one data set). */
export function reportedLoss(reduction: Reduction, lossSum: number, samples: number, sums: number): number {
  return lossSum / (reduction === 'sum' ? sums : samples);
}
