import type { Evaluator } from '../../search/run.ts';
import type { TrialData } from '../../search/train.ts';
import type { StudyAnnouncement } from './study-announcement.ts';

/** What trains the trials of one study, until it is disposed of. */
export type QueueTrainer = Evaluator & AsyncDisposable;

/** Makes what trains the trials of a study. */
export type MakeTrainer = (study: StudyAnnouncement, data: TrialData) => Promise<QueueTrainer>;
