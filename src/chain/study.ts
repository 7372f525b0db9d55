import type { ChainRecord } from './trial.ts';

/** A look at the test set. */
export interface TestLook {
  /** Of the trial. */
  readonly key: string;
  /** The test set's `datasetHash`. */
  readonly testHash: string;
  /** Accuracy of the file of each seed. */
  readonly accuracy: readonly number[];
  /** In ISO 8601. */
  readonly date: string;
}

/** Where finished trials are kept. */
export interface ChainStudy {
  readonly records: readonly ChainRecord[];
  /** Returns once the record, and the files that come with it, would survive the end of the process. */
  add(record: ChainRecord, files?: readonly Uint8Array[]): Promise<void>;
  /** Of each copy, as `encodeCompressed` writes it; undefined where one is missing. */
  files(record: ChainRecord): Promise<readonly Uint8Array[] | undefined>;
  /** What the test set said, each time that it was asked. */
  readonly looks: readonly TestLook[];
  addLook(look: TestLook): Promise<void>;
  /** Keeps files that were lost, and made again. */
  addFiles(record: ChainRecord, files: readonly Uint8Array[]): Promise<void>;
}

/** In memory. */
export class MemoryChainStudy implements ChainStudy {
  readonly records: ChainRecord[] = [];
  readonly looks: TestLook[] = [];
  private readonly kept = new Map<string, readonly Uint8Array[]>();

  add(record: ChainRecord, files?: readonly Uint8Array[]): Promise<void> {
    this.records.push(record);
    return files ? this.addFiles(record, files) : Promise.resolve();
  }

  files({ key }: ChainRecord): Promise<readonly Uint8Array[] | undefined> {
    return Promise.resolve(this.kept.get(key));
  }

  addFiles({ key }: ChainRecord, files: readonly Uint8Array[]): Promise<void> {
    this.kept.set(key, files);
    return Promise.resolve();
  }

  addLook(look: TestLook): Promise<void> {
    this.looks.push(look);
    return Promise.resolve();
  }
}
