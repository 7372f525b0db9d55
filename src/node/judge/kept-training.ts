import { join } from 'node:path';
import { modelHash } from '../../model/hash.ts';
import type { Weights } from '../../model/weights.ts';
import { bestReplica } from '../../search/best.ts';
import type { TrialRecord } from '../../search/trial.ts';
import { load } from '../persist.ts';
import { trainedIn } from '../study-folder.ts';

/** What a study keeps of a trial's best training. */
export interface KeptTraining {
  readonly weights: Weights;
  readonly seed: number;
}

/**
 * The best training of a trial, where the study holds its weights; of the best trial also where what `search best --save` wrote lies
 * beside it. Undefined where there are none.
 */
export async function keptTraining(folder: string, record: TrialRecord, isBest: boolean): Promise<KeptTraining | undefined> {
  const best = bestReplica(record);
  if (!best) return undefined;
  const found =
    (await trainedIn(folder, record, best.replica).catch(() => undefined)) ?? (isBest && (await savedIn(folder, record)));
  return found ? { weights: found.weights, seed: best.seed } : undefined;
}

async function savedIn(folder: string, { model }: TrialRecord) {
  const loaded = await load(join(folder, 'best.safetensors')).catch(() => undefined);
  return loaded?.kind === 'model' && modelHash(loaded.model) === modelHash(model) ? loaded : undefined;
}
