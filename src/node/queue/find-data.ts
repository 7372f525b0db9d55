import type { TrialData } from '../../search/train.ts';
import type { StudyAnnouncement } from './study-announcement.ts';

/** The data of a study, where they are on this machine. (Public types name it, so it stands apart from what names the types of BullMQ, which are not installed everywhere.) */
export type FindData = (study: StudyAnnouncement) => Promise<TrialData | undefined>;
