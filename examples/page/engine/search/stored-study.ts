import {
  type Conclusion,
  type DecodedModel,
  decodeModel,
  encodeModel,
  type InputDescription,
  type Study,
  type StudySettings,
  studyFiles,
  type TrialRecord,
  type Weights,
} from 'paredown';
import { frontKeys } from './front.ts';
import type { Content, Store } from './store.ts';

/** The weights that a search was begun with, beside its model. */
const START = 'start.safetensors';
const SETTINGS = 'study.json';
const CONCLUSIONS = 'conclusions.json';
const BUDGET = 'budget.json';
const TRIAL = /^trials\/\d{6}$/;
const WEIGHTS = /^weights\/([0-9a-f]+)-\d+\.(?:safetensors|paredown)$/;
/** Bytes of weights that are kept beside those of the front and of confirmations. */
const MOST_BYTES = 128 * 2 ** 20;

type StudyState = 'runs' | 'rests' | 'ended';

export interface StudyBudget {
  readonly minutes: number;
  readonly trials?: number;
}

/** A study in the browser's storage; in memory what that does not keep. */
export class StoredStudy implements Study {
  readonly conclusions: Conclusion[] = [];
  readonly records: TrialRecord[] = [];
  /** What was found in the storage and left out, a line each. */
  readonly problems: string[] = [];
  /** Files that the storage did not take. */
  private readonly held = new Map<string, Content>();
  /** Weights and files by trial. */
  private readonly names = new Map<string, Set<string>>();
  start: DecodedModel | undefined;
  spentMinutes = 0;
  /** Still 'runs' where the page went away in the middle. */
  state: StudyState = 'rests';

  private constructor(
    private readonly store: Store,
    readonly settings: StudySettings,
    readonly budget: { minutes: number; trials?: number },
  ) {}

  /** Begins a study in the place of the one that was there. */
  static async begin(store: Store, settings: StudySettings, budget: StudyBudget, start?: DecodedModel): Promise<StoredStudy> {
    await store.empty();
    const study = new StoredStudy(store, settings, { ...budget });
    study.start = start;
    await study.write([
      [SETTINGS, studyFiles.encodeSettings(settings)],
      ...(start ? [[START, encodeModel(start.model, start.weights)] as const] : []),
    ]);
    return study;
  }

  /** The study that is kept; undefined where there is none. Throws where its settings are damaged or of another version. */
  static async open(store: Store): Promise<StoredStudy | undefined> {
    const names = await store.names();
    const [settings, budget, conclusions, start] = await store.read([SETTINGS, BUDGET, CONCLUSIONS, START]);
    if (typeof settings !== 'string') return undefined;
    const kept = budgetFrom(budget);
    const study = new StoredStudy(store, studyFiles.decodeSettings(settings), kept.budget);
    study.spentMinutes = kept.minutes;
    study.state = kept.state;
    if (start instanceof Uint8Array) study.start = decodeModel(start);
    await study.readTrials(names.filter((name) => TRIAL.test(name)).sort());
    if (typeof conclusions === 'string')
      study.attempt(CONCLUSIONS, () => study.conclusions.push(...studyFiles.decodeConclusions(conclusions)));
    for (const name of names) study.note(name);
    return study;
  }

  private async readTrials(names: readonly string[]): Promise<void> {
    const keys = new Set<string>();
    for (const [index, line] of (await this.store.read(names)).entries())
      this.attempt(names[index] ?? '', () => {
        const record = studyFiles.decodeTrial(String(line), this.settings.context);
        if (keys.has(record.key)) throw new Error(`repeats the trial ${record.key}`);
        keys.add(record.key);
        this.records.push(record);
      });
  }

  private attempt(name: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.problems.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  async add(record: TrialRecord, weights?: readonly Weights[], input?: InputDescription): Promise<void> {
    const files = weights ? this.weightFiles(record, weights, input) : [];
    await this.write([
      ...files,
      [`trials/${String(record.number).padStart(6, '0')}`, studyFiles.encodeTrial(record, this.settings.context)],
    ]);
    this.records.push(record);
    if (weights) await this.letGo();
  }

  async addWeights(record: TrialRecord, weights: readonly Weights[], input?: InputDescription): Promise<void> {
    await this.write(this.weightFiles(record, weights, input));
  }

  async addFiles(record: TrialRecord, files: readonly string[]): Promise<void> {
    await this.write(files.map((file, replica) => [fileName(record, replica, 'paredown'), bytesOf(file)]));
  }

  async files(record: TrialRecord): Promise<readonly string[] | undefined> {
    const found = await this.ofReplicas(record, 'paredown');
    return found?.map((bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')));
  }

  async weights(record: TrialRecord): Promise<readonly Weights[] | undefined> {
    const found = await this.ofReplicas(record, 'safetensors');
    try {
      return found?.map((bytes) => decodeModel(bytes).weights);
    } catch {
      // What is damaged is made again.
      return undefined;
    }
  }

  /** What one training came to, where it leaves as a file as it is there; undefined where it is missing or damaged. */
  async trained(record: TrialRecord, replica: number): Promise<DecodedModel | undefined> {
    const kinds = ['paredown', 'safetensors'] as const;
    for (const content of await this.read(kinds.map((kind) => fileName(record, replica, kind))))
      try {
        if (content instanceof Uint8Array) return decodeModel(content);
      } catch {
        // What is damaged is as good as lost.
      }
    return undefined;
  }

  /** Whether weights of a trial are kept. */
  keeps({ key }: Pick<TrialRecord, 'key'>): boolean {
    return this.names.has(key);
  }

  async addConclusion(conclusion: Conclusion): Promise<void> {
    this.conclusions.push(conclusion);
    await this.write([[CONCLUSIONS, studyFiles.encodeConclusions(this.conclusions)]]);
  }

  /** Keeps how much of its time is spent, and whether it goes on. */
  async keepTime(minutes: number, state: StudyState): Promise<void> {
    this.spentMinutes = minutes;
    this.state = state;
    await this.write([[BUDGET, JSON.stringify({ format: 1, budget: this.budget, minutes, state })]]);
  }

  /** All files, as the commands read them in a folder. */
  async folder(): Promise<Record<string, Uint8Array>> {
    const text = new TextEncoder();
    const names = [...this.names.values()].flatMap((of) => [...of]);
    const contents = await this.read(names);
    const lines = this.records.map((record) => `${studyFiles.encodeTrial(record, this.settings.context)}\n`);
    const { budget, spentMinutes } = this;
    return {
      [SETTINGS]: text.encode(studyFiles.encodeSettings(this.settings)),
      'trials.jsonl': text.encode(lines.join('')),
      [BUDGET]: text.encode(`${JSON.stringify({ format: 1, budget, minutes: spentMinutes })}\n`),
      ...(this.conclusions.length > 0 && { [CONCLUSIONS]: text.encode(studyFiles.encodeConclusions(this.conclusions)) }),
      ...(this.start && { [START]: encodeModel(this.start.model, this.start.weights) }),
      ...Object.fromEntries(
        names.flatMap((name, index) => {
          const content = contents[index];
          return content instanceof Uint8Array ? [[name, content]] : [];
        }),
      ),
    };
  }

  private async write(files: readonly (readonly [name: string, content: Content])[]): Promise<void> {
    if (files.length === 0) return;
    const kept = await this.store.write(files);
    for (const [name, content] of files) {
      if (!kept) this.held.set(name, content);
      this.note(name);
    }
  }

  private async read(names: readonly string[]): Promise<(Content | undefined)[]> {
    const stored = await this.store.read(names);
    return names.map((name, index) => this.held.get(name) ?? stored[index]);
  }

  private note(name: string): void {
    const key = WEIGHTS.exec(name)?.[1];
    if (key === undefined) return;
    const known = this.names.get(key) ?? new Set();
    this.names.set(key, known.add(name));
  }

  private weightFiles(record: TrialRecord, weights: readonly Weights[], input: InputDescription | undefined) {
    const options = input && { input };
    return weights.map(
      (tensors, replica) => [fileName(record, replica, 'safetensors'), encodeModel(record.model, tensors, options)] as const,
    );
  }

  /** Undefined where one is missing. */
  private async ofReplicas(record: TrialRecord, kind: 'safetensors' | 'paredown'): Promise<Uint8Array[] | undefined> {
    const { outcome } = record;
    const replicas = outcome.status === 'trained' ? outcome.accuracy.length : 0;
    const found = await this.read(Array.from({ length: replicas }, (_, replica) => fileName(record, replica, kind)));
    const bytes = found.filter((content) => content instanceof Uint8Array);
    return replicas > 0 && bytes.length === replicas ? bytes : undefined;
  }

  /** Of weights that are neither of the front nor of a confirmation, nor the newest, the oldest go where there are too many. */
  private async letGo(): Promise<void> {
    const front = frontKeys(this.settings.problem, this.records);
    const loose = this.records
      .filter((record) => this.keeps(record) && !front.has(record.key) && record.seeds.length === 1)
      .slice(0, -1);
    let bytes = loose.reduce((sum, record) => sum + weightBytes(record), 0);
    for (const record of loose) {
      if (bytes <= MOST_BYTES) return;
      bytes -= weightBytes(record);
      const gone = [...(this.names.get(record.key) ?? [])];
      this.names.delete(record.key);
      for (const name of gone) this.held.delete(name);
      await this.store.remove(gone);
    }
  }
}

const weightBytes = ({ costs, outcome }: TrialRecord) =>
  4 * costs.parameters * (outcome.status === 'trained' ? outcome.accuracy.length : 0);

const fileName = ({ key }: TrialRecord, replica: number, kind: 'safetensors' | 'paredown') => `weights/${key}-${replica}.${kind}`;

const bytesOf = (base64: string) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

interface KeptBudget {
  readonly budget: { minutes: number; trials?: number };
  readonly minutes: number;
  readonly state: StudyState;
}

function budgetFrom(content: Content | undefined): KeptBudget {
  try {
    const { budget, minutes, state } = JSON.parse(String(content));
    if (Number.isFinite(budget.minutes) && Number.isFinite(minutes))
      return { budget, minutes, state: state === 'runs' || state === 'ended' ? state : 'rests' };
  } catch {
    // It is no more than a convenience.
  }
  return { budget: { minutes: 0 }, minutes: 0, state: 'rests' };
}
