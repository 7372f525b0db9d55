import type { Job } from 'bullmq';
import type { Redis } from 'ioredis';
import { DataError } from '../../core/errors.ts';
import { decodeModel, encodeModel } from '../../formats/model-file.ts';
import type { Weights } from '../../model/weights.ts';
import type { Evaluated } from '../../search/run.ts';
import type { Trial } from '../../search/trial.ts';
import { type JobData, trialOf } from './job.ts';
import { FORGOTTEN_SECONDS, initialKey, weightsField, weightsKey } from './keys.ts';
import type { StudyAnnouncement } from './study-announcement.ts';

/** Those that a trial begins with. */
export async function initialOf(client: Redis, study: string, { id = '' }: Job): Promise<Weights> {
  const bytes = await client.getBuffer(initialKey(study, id));
  if (!bytes) throw new DataError('The queue has lost the weights that a trial begins with');
  return decodeModel(bytes).weights;
}

interface Trained {
  readonly job: Job;
  readonly token: string;
  readonly trial: Trial;
  readonly evaluated: Evaluated;
}

/** Beside those of another worker, where that has the trial by now: what is answered tells whose they are. */
export async function keepWeights(
  client: Redis,
  study: string,
  { job: { id = '' }, token, trial: { model }, evaluated: { weights = [] } }: Trained,
): Promise<void> {
  if (weights.length === 0) return;
  const key = weightsKey(study, id);
  const transaction = client.multi();
  for (const [replica, one] of weights.entries())
    transaction.hset(key, weightsField(token, replica), Buffer.from(encodeModel(model, one)));
  await transaction.expire(key, FORGOTTEN_SECONDS).exec();
}

/** Those of one worker alone. */
export async function dropWeights(
  client: Redis,
  { id: study, context }: StudyAnnouncement,
  { id = '', data }: Job<JobData, string>,
  token: string,
): Promise<void> {
  const { seeds, rates } = trialOf(context, data);
  const fields = Array.from({ length: seeds.length * rates.length }, (_, replica) => weightsField(token, replica));
  await client.hdel(weightsKey(study, id), ...fields);
}
