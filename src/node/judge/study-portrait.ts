import type { Portrait } from '../../report/study/portrait.ts';
import { bestTraining } from '../../search/best.ts';
import type { TrialRecord } from '../../search/trial.ts';
import type { StudySettings } from '../../search/written/settings.ts';
import { judgeTraining, LEAVES_AS_INTEGERS, leavesAsIntegers } from './judge-training.ts';
import { keptTraining } from './kept-training.ts';
import { whyNot } from './why-not.ts';

export async function studyPortrait(
  folder: string,
  settings: StudySettings,
  study: { readonly records: readonly TrialRecord[] },
): Promise<Portrait | undefined> {
  const best = bestTraining(settings.problem, study.records);
  if (!best) return undefined;
  const { record, seed } = best;
  const { key, model, number } = record;
  const kept = await keptTraining(folder, record, true);
  if (!kept)
    return { key, seed, judged: `The study holds no weights of trial ${number + 1}, so what it makes of images is not told.` };
  const { weights } = kept;
  if (leavesAsIntegers(settings, record)) return { key, seed, weights, judged: LEAVES_AS_INTEGERS };
  try {
    const { adapter: _, ...judged } = await judgeTraining(settings, { model, weights });
    return { key, seed, weights, judged };
  } catch (error) {
    return { key, seed, weights, judged: `What it makes of the validation images is not told: ${whyNot(error).reason}` };
  }
}
