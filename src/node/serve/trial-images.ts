import type { Judgement, TrialImages } from '../../report/served/images.ts';
import type { Control } from '../../report/served/now.ts';
import type { TrialFacts } from '../../report/served/study.ts';
import { html } from '../../report/study/markup.ts';
import { bestOf } from '../../search/best.ts';
import type { TrialRecord } from '../../search/trial.ts';
import type { StudySettings } from '../../search/written/settings.ts';
import { LEAVES_AS_INTEGERS, leavesAsIntegers } from '../judge/judge-training.ts';
import { digestOf, judgementPath, readJudgement } from '../judge/judgement.ts';
import { type KeptTraining, keptTraining } from '../judge/kept-training.ts';
import type { Judgings } from './judgings.ts';

/** A study whose trials can be asked for what they make of images. */
export interface AskedStudy {
  readonly folder: string;
  /** The folder, for a person. */
  readonly shown: string;
  readonly settings: StudySettings;
  readonly records: readonly TrialRecord[];
  readonly judgings: Judgings;
}

/** What a form asks for. */
export interface ImagesRequest {
  readonly request: 'look' | 'leave';
  /** Of the trial. */
  readonly key: string;
  /** Date of the judgement that its page showed, or empty. */
  readonly known: string;
}

/** What came of it: of no such trial, of one that can't be asked, of one too many. */
export type ImagesAnswer = { readonly number: number } | { readonly status: 404 | 409 | 503; readonly words: string };

/** What the page of a trial tells beside its record; `control`: where its form goes. */
export async function trialFacts(study: AskedStudy, record: TrialRecord, control: Control): Promise<TrialFacts> {
  const { folder, shown, settings } = study;
  const path = judgementPath(folder, record);
  if (path === undefined) return {};
  const kept = await keptTraining(folder, record, isBest(study, record));
  const told = kept && { kept };
  if (leavesAsIntegers(settings, record)) return { ...told, images: { state: 'none', why: LEAVES_AS_INTEGERS } };
  if (!kept) return { images: { state: 'none', why: withoutWeights(shown, record) } };
  const judgement = await judgementOf(path, kept);
  const judging = study.judgings.of(path);
  const { validation, confirmation = 0 } = settings.data;
  const images: TrialImages = {
    state: 'known',
    seed: kept.seed,
    images: validation + confirmation,
    ...(judgement && { judgement }),
    ...(judging && { judging }),
    key: record.key,
    control,
  };
  return { kept, images };
}

/** Does what a form asks for. */
export async function answerRequest(study: AskedStudy, { request, key, known }: ImagesRequest): Promise<ImagesAnswer> {
  const { folder, settings, records, judgings } = study;
  const record = records.find((one) => one.key === key);
  const path = record && judgementPath(folder, record);
  if (!record || path === undefined) return { status: 404, words: 'The study has no such trial any more: load the page again.' };
  const done = { number: record.number + 1 };
  if (request === 'leave') {
    await judgings.leave(path);
    return done;
  }
  const kept = await keptTraining(folder, record, isBest(study, record));
  if (!kept || leavesAsIntegers(settings, record))
    return { status: 409, words: 'There are no weights of this trial that could be tried: load the page again.' };
  const judging = judgings.of(path);
  const latest: Judgement | undefined = judging?.state === 'judged' ? judging.judgement : await judgementOf(path, kept);
  // One of several clicks: what the others asked for has come meanwhile.
  if ((latest?.date ?? '') !== known) return done;
  if (judgings.ask({ folder, record, isBest: isBest(study, record), path })) return done;
  return { status: 503, words: 'Too many wait to be looked at: leave some of them, or ask again once they are done.' };
}

function isBest({ settings, records }: AskedStudy, record: TrialRecord): boolean {
  return bestOf(settings.problem, records) === record;
}

/** What is kept, of these very weights. */
async function judgementOf(path: string, { weights }: KeptTraining): Promise<Judgement | undefined> {
  const found = await readJudgement(path);
  return found?.weights === digestOf(weights) ? found : undefined;
}

function withoutWeights(shown: string, { number }: TrialRecord) {
  return html`The study holds no weights of this trial, so what it makes of images is not told. <code>paredown search best ${shown} --trial ${number + 1}</code> prints the command that trains it again, and <code>paredown evaluate</code> then tells what the network takes for what.`;
}
