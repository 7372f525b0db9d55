import { type Dataset, keptBack, type LoadedData, type StudySettings } from 'paredown/node';

export interface PartedData extends LoadedData {
  /** Of the validation data, for confirmations. */
  readonly confirmation?: Dataset;
}

/** A new study keeps a part of its validation data back; one that goes on does what it was begun with. */
export function partedData(data: LoadedData, known: StudySettings | undefined): PartedData {
  return known && known.data.confirmation === undefined ? data : { ...data, ...keptBack(data.validation) };
}
