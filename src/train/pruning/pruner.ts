import { pruned, sparsities } from '../../compress/prune.ts';
import type { Network } from '../../model/network.ts';
import type { Weights } from '../../model/weights.ts';
import type { ParameterSlot } from '../../plan/parameters.ts';
import type { TrainerParts } from '../parts.ts';
import { isPruningOver, latestPruning, nextPruning, type PruningSettings, pruningShare } from './options.ts';

/**
 * Prunes a trainer's weights at their steps, each replica by its own. To prune again what was pruned at a step changes nothing, so a
 * training that was broken off there goes on as if it never had been.
 */
export class Pruner {
  private done = -1;
  private readonly shares: ReadonlyMap<string, number>;

  constructor(
    private readonly parts: TrainerParts,
    private readonly settings: PruningSettings,
  ) {
    this.shares = checkPrunedNames(settings, parts.network);
  }

  /** Catches up on what is due where a fit begins. */
  async begin(step: number): Promise<void> {
    const latest = latestPruning(this.settings, step);
    if (latest !== undefined) await this.pruneTo(pruningShare(this.settings, latest));
    this.done = step;
  }

  /** The first step from this one on, before which all steps in flight must end and `prune` must be called. */
  next(step: number): number {
    const from = step === this.done ? step + 1 : step;
    return nextPruning(this.settings, from) ?? Number.POSITIVE_INFINITY;
  }

  /** Whether the network is as sparse as it will be: before, evaluations are of others. */
  isOver(step: number): boolean {
    return isPruningOver(this.settings, step);
  }

  async prune(step: number): Promise<void> {
    await this.pruneTo(pruningShare(this.settings, step));
    this.done = step;
  }

  private async pruneTo(share: number): Promise<void> {
    const shares = new Map([...this.shares].map(([name, final]) => [name, final * share]));
    if ([...shares.values()].every((one) => one === 0)) return;
    const { parameters, network, settings } = this.parts;
    const tensors = [...network.parameters].filter(([name]) => shares.has(name));
    for (let replica = 0; replica < settings.replicas; replica++) {
      const requests = tensors.flatMap(([name, parameter]) =>
        (['value', 'average'] satisfies ParameterSlot[])
          .filter((slot) => parameters.hasSlot(parameter, slot))
          .map((slot) => ({ name, parameter, slot, replica })),
      );
      const data = await parameters.read(requests);
      const weights: Weights = new Map(
        requests.flatMap(({ name, parameter: { shape }, slot }, index) => {
          const values = data[index];
          return slot === 'value' && values ? [[name, { shape, data: values }] as const] : [];
        }),
      );
      const left = pruned(weights, shares, this.settings.scope);
      parameters.write(
        requests.map((request, index) => {
          const kept = left.get(request.name)?.data;
          return { ...request, data: (data[index] ?? new Float32Array()).map((value, at) => (kept?.[at] === 0 ? 0 : value)) };
        }),
      );
    }
  }
}

/** What becomes of each tensor that is pruned in the end. Throws an OptionError for a name that is none of the network's. */
export function checkPrunedNames({ sparsity }: PruningSettings, { parameters }: Network): ReadonlyMap<string, number> {
  return sparsities('trainer: pruning: sparsity', sparsity, [...parameters.keys()]);
}
