import { randomBytes } from 'node:crypto';

/** What the keys in Redis begin with, ours and BullMQ's. */
export const PREFIX = 'paredown';

/** Ids of the studies that were announced. */
export const STUDIES = `${PREFIX}:studies`;
/** A channel on which is said that there is something to do. */
export const NEWS = `${PREFIX}:news`;

export const workerKey = (worker: string) => `${PREFIX}:worker:${worker}`;
export const WORKERS = `${PREFIX}:workers`;

const study = (id: string) => `${PREFIX}:study:${id}`;
export const announcementKey = study;
export const coordinatorKey = (id: string) => `${study(id)}:coordinator`;
/** A channel on which the ids of finished jobs are said. */
export const doneChannel = (id: string) => `${study(id)}:done`;
/** Hashes of the data that a worker does not have. */
export const wantedKey = (id: string) => `${study(id)}:wanted`;
export const dataKey = (id: string, hash: string) => `${study(id)}:data:${hash}`;
/** Weights that came of a job, a field a replica of each worker that trained it. */
export const weightsKey = (id: string, job: string) => `${study(id)}:weights:${job}`;
/** Of a worker's hold on a job, as BullMQ keeps it: one alone, which tells who has it. */
export const holdToken = (worker: string) => `${randomBytes(8).toString('hex')}:${worker}`;
export const workerOf = (token: string) => token.slice(token.indexOf(':') + 1);
/** `token`: of a worker's hold on the job. */
export const weightsField = (token: string, replica: number) => `${token}:${replica}`;
/** The weights that a job begins with. */
export const initialKey = (id: string, job: string) => `${study(id)}:initial:${job}`;

/** BullMQ's name of a lane of a study. */
export const laneName = (id: string, lane: number) => `trials-${id}-${lane}`;

/** What nobody has touched for so long is forgotten: a search that was not taken up again. */
export const FORGOTTEN_SECONDS = 14 * 24 * 3600;
