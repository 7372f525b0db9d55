import * as v from 'valibot';
import { DataError } from '../../core/errors.ts';
import { type Dataset, datasetHash } from '../../data/index.ts';
import { openGpu } from '../../gpu/dawn.ts';
import type { Model } from '../../model/types.ts';
import type { Weights } from '../../model/weights.ts';
import type { JudgedImages } from '../../report/study/portrait.ts';
import { keptBack } from '../../search/kept-back.ts';
import { leavesIn, type TrialRecord } from '../../search/trial.ts';
import type { StudySettings } from '../../search/written/settings.ts';
import { predictor } from '../../train/predictor.ts';
import { DATA_NAMES, type DataSource, type LoadedData, loadData } from '../data-source.ts';
import { type JudgeProgress, judgedImages } from './judged-images.ts';

/** What is said of networks that leave as integers, which these weights are not. */
export const LEAVES_AS_INTEGERS =
  'Networks of this study leave as a file of few bits: paredown evaluate tells what that makes of images.';

export function leavesAsIntegers({ context }: StudySettings, { recipe }: TrialRecord): boolean {
  return leavesIn(context, recipe) !== undefined;
}

/**
 * What a network makes of a study's validation images. Nothing is downloaded. Throws a DataError where the data are not at hand, are not those
 * of the study, or show no classes, and a NoAdapterError; the first sentence of each names no folder of this machine.
 */
export async function judgeTraining(
  settings: StudySettings,
  { model, weights }: { readonly model: Model; readonly weights: Weights },
  onProgress?: (progress: JudgeProgress) => void,
): Promise<JudgedImages & { readonly adapter: string }> {
  const { validation } = await dataOf(settings);
  const keepsBack = settings.data.confirmation !== undefined;
  if (!(await isOf(settings, validation)))
    throw new DataError('The data are not those of the study any more. Put them back as they were when it was begun.');
  await using gpu = await openGpu();
  await using network = await predictor(gpu, model, weights, { batch: Math.min(64, validation.size) });
  const { description, device, vendor } = gpu.info;
  return { ...(await judgedImages(network, validation, keepsBack, onProgress)), adapter: description || device || vendor };
}

async function dataOf(settings: StudySettings): Promise<LoadedData> {
  const from = sourceIn(settings);
  try {
    return await loadData(from, { offline: true });
  } catch (error) {
    if (DATA_NAMES.includes(from.data)) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new DataError(`The images of its folder can't be read. Put them back as they were when it was begun.\n${why}`);
  }
}

const source = v.object({
  data: v.string(),
  size: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  dir: v.optional(v.string()),
});

function sourceIn({ data }: StudySettings): DataSource {
  const { success, output } = v.safeParse(source, data.source);
  if (success) return output;
  throw new DataError(
    'The study does not tell where its data lie as the commands of paredown do. They can be judged where it was made.',
  );
}

/** By their hashes; a study that tells none, by how many they are. */
async function isOf({ context, data }: StudySettings, validation: Dataset): Promise<boolean> {
  const known = v.safeParse(hashes, context);
  if (!known.success) return validation.size === data.validation + (data.confirmation ?? 0);
  const { validation: wanted, confirmation } = known.output.data;
  const parts = data.confirmation === undefined ? { validation } : keptBack(validation);
  const isSame = async (part: Dataset | undefined, hash: string | undefined) => (part && (await datasetHash(part))) === hash;
  return (await isSame(parts.validation, wanted)) && (await isSame(parts.confirmation, confirmation));
}

const hashes = v.object({ data: v.object({ validation: v.string(), confirmation: v.optional(v.string()) }) });
