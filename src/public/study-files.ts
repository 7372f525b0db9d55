// The files of a study as text, with their arguments checked: for who keeps one elsewhere than in a folder.
import { checked, RECORD, TEXT } from '../core/arguments.ts';
import { DataError } from '../core/errors.ts';
import type { Conclusion } from '../search/conclusion.ts';
import { conclusionsFrom, encodeConclusions as conclusionsText } from '../search/written/conclusions.ts';
import { type StudySettings, settingsFrom, encodeSettings as settingsText } from '../search/written/settings.ts';
import * as trials from '../search/written/trials.ts';

const CONTEXT = { ...RECORD, description: 'the context of the study, which trialContext(data, setup) gives' };
const ofText = () => ({ text: TEXT });

/** A finished trial as a line of trials.jsonl, without the line's end. `context`: that of its study. */
export const encodeTrial = /* @__PURE__ */ checked(
  'studyFiles.encodeTrial(record, await trialContext(data, setup))',
  () => ({ record: { ...RECORD, description: 'the record of a trial, which a search gives' }, context: CONTEXT }),
  trials.encodeTrial,
);
/** Reads such a line. Throws a DataError for one that is damaged, of another version, or of other data or another training than `context`. */
export const decodeTrial = /* @__PURE__ */ checked(
  'studyFiles.decodeTrial(line, await trialContext(data, setup))',
  () => ({ line: TEXT, context: CONTEXT }),
  trials.decodeTrial,
);
/** What a study was begun with, as its study.json. */
export const encodeSettings = /* @__PURE__ */ checked(
  'studyFiles.encodeSettings(settings)',
  () => ({ settings: { ...RECORD, description: 'the settings of a study' } }),
  settingsText,
);
/** Reads a study.json. Throws a DataError for one that is damaged or of another version. */
export const decodeSettings = /* @__PURE__ */ checked(
  'studyFiles.decodeSettings(text)',
  ofText,
  (text: string): StudySettings => read('study.json', text, settingsFrom),
);
/** What the test set has said in a study, as its conclusions.json. */
export const encodeConclusions = /* @__PURE__ */ checked(
  'studyFiles.encodeConclusions(study.conclusions)',
  () => ({ conclusions: { description: 'a list of conclusions', is: Array.isArray } }),
  conclusionsText,
);
/** Reads a conclusions.json. Throws a DataError for one that is damaged or of another version. */
export const decodeConclusions = /* @__PURE__ */ checked(
  'studyFiles.decodeConclusions(text)',
  ofText,
  (text: string): Conclusion[] => read('conclusions.json', text, conclusionsFrom),
);

function read<T>(name: string, text: string, from: (json: unknown) => T): T {
  try {
    return from(JSON.parse(text));
  } catch (cause) {
    throw new DataError(`${name} can't be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
