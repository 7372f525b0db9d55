import type { Weights } from '../model/weights.ts';
import { firstReplicas } from './curve.ts';
import type { Outcome, Trial } from './trial.ts';

interface Result {
  readonly outcome: Outcome;
  readonly weights?: readonly Weights[];
  readonly files?: readonly string[];
}

/**
 * A result without the learning rates, from the first on, at which a seed came to a loss, an accuracy or a weight that is not finite:
 * such a network can't be saved, nor compared with others. Where that is the lowest rate, the trial has diverged.
 */
export function withoutDivergedRates<T extends Result>({ seeds, rates }: Pick<Trial, 'seeds' | 'rates'>, result: T): T | Result {
  const { outcome, weights, files } = result;
  if (outcome.status !== 'trained') return result;
  const { accuracy, loss, confirmation } = outcome;
  const faults = accuracy.map((value, replica) => faultOf(value, loss[replica] ?? Number.NaN, weights?.[replica]));
  const index = faults.findIndex((fault) => fault !== undefined);
  if (index < 0) return result;
  const trained = outcome.rates ?? rates;
  const sound = trained.slice(0, Math.floor(index / seeds.length));
  if (sound.length === 0)
    return {
      outcome: { status: 'diverged', reason: `Of seed ${seeds[index]} at learning rate ${trained[0]}, ${faults[index]}` },
    };
  const count = sound.length * seeds.length;
  return {
    ...result,
    outcome: {
      ...outcome,
      accuracy: accuracy.slice(0, count),
      loss: loss.slice(0, count),
      ...(confirmation && { confirmation: confirmation.slice(0, count) }),
      rates: sound,
      ...(outcome.curve && { curve: firstReplicas(outcome.curve, count) }),
    },
    ...(weights && { weights: weights.slice(0, count) }),
    ...(files && { files: files.slice(0, count) }),
  };
}

/** In words. */
function faultOf(accuracy: number, loss: number, weights: Weights | undefined): string | undefined {
  if (!Number.isFinite(loss)) return `the validation loss is ${loss}`;
  if (!Number.isFinite(accuracy)) return `the validation accuracy is ${accuracy}`;
  for (const [name, { data }] of weights ?? [])
    if (!data.every(Number.isFinite)) return `the weights ${name} hold a number that is not finite`;
  return undefined;
}
