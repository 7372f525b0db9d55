import { access, appendFile, constants, mkdir, readFile, rename, rmdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import {
  type Checkpoint,
  DataError,
  fromJson,
  type InputDescription,
  load,
  type Model,
  save,
  toJson,
  type Weights,
  writeFileAtomic,
} from 'paredown/node';
import { undefinedIfMissing } from '../files.ts';
import { UsageError } from '../usage-error.ts';
import type { EvaluationEvent, ProgressEvent, ResultEvent, StartEvent } from './events.ts';
import { type RunRecord, readRecord, sessionOf } from './record.ts';

export type Metric = ProgressEvent | EvaluationEvent | ResultEvent;

const FILES = ['checkpoint', 'metrics.jsonl', 'model.safetensors', 'curves.svg', 'run.json', 'state.json'] as const;

/** The files of one run. Each but metrics.jsonl is whole or as it was before, whenever the process stops. */
export class RunFolder {
  /** Step of the checkpoint in the folder; undefined where there is none. */
  checkpointStep: number | undefined;
  /** The first of the folders that were made for this one. */
  private made: string | undefined;

  constructor(readonly path: string) {}

  /** Makes the folder where there is none. Throws a UsageError when that can't be, or nothing can be written into it. */
  async make(): Promise<void> {
    try {
      this.made = await mkdir(this.path, { recursive: true });
      await access(this.path, constants.W_OK);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new UsageError(`--out ${this.path}: this can't be the run folder (${reason}). Name another.`);
    }
  }

  /** Takes away again what `make` made, where nothing was written into it. */
  async unmake(): Promise<void> {
    if (this.made === undefined) return;
    const first = resolve(this.made);
    for (let path = resolve(this.path); path.startsWith(first); path = dirname(path))
      if (
        !(await rmdir(path).then(
          () => true,
          () => false,
        ))
      )
        return;
  }

  /** What run.json says; undefined where there is none. Throws a DataError when it is damaged. */
  async record(): Promise<RunRecord | undefined> {
    const file = this.file('run.json');
    const text = await readFile(file, 'utf8').catch(undefinedIfMissing);
    return text === undefined ? undefined : readRecord(file, text);
  }

  /** Writes run.json for a session that begins; `before` is what it said until now. */
  async begin(
    { adapter, versions, options, data, model, step, variants }: StartEvent,
    before: RunRecord | undefined,
  ): Promise<void> {
    const earlier = before ? [...before.earlier, sessionOf(before)] : [];
    const session = { started: new Date().toISOString(), fromStep: step, adapter, versions };
    const kept = { variants: before?.variants ?? variants };
    const record: RunRecord = { format: 1, options, data, modelHash: model.hash, ...kept, ...session, earlier };
    await writeFileAtomic(this.file('run.json'), `${JSON.stringify(record, null, 2)}\n`);
  }

  /** Throws a DataError when it is damaged, or no checkpoint. */
  async loadCheckpoint(): Promise<Checkpoint | undefined> {
    const file = this.file('checkpoint');
    if (!(await exists(file))) return undefined;
    const loaded = await load(file);
    if (loaded.kind === 'checkpoint') return loaded;
    throw new DataError(`${file} holds a model, not a checkpoint: this is not the folder of a run.`);
  }

  async saveCheckpoint(checkpoint: Checkpoint, step: number): Promise<void> {
    await save(this.file('checkpoint'), checkpoint);
    this.checkpointStep = step;
  }

  async saveModel(model: Model, weights: Weights, input: InputDescription): Promise<void> {
    await save(this.file('model.safetensors'), model, weights, { input });
  }

  async saveCurves(svg: string): Promise<void> {
    await writeFileAtomic(this.file('curves.svg'), svg);
  }

  async append(metric: Metric): Promise<void> {
    await appendFile(this.file('metrics.jsonl'), `${toJson(metric)}\n`);
  }

  /** What came out where the run came to its end. */
  async result(): Promise<ResultEvent | undefined> {
    const text = await readFile(this.file('metrics.jsonl'), 'utf8').catch(undefinedIfMissing);
    const last = parseMetric(text?.trimEnd().split('\n').at(-1) ?? '');
    return last?.type === 'result' ? last : undefined;
  }

  /** Drops from metrics.jsonl what came after `step`, results, and a line that was cut off; returns the rest. */
  async rewindMetrics(step: number): Promise<Metric[]> {
    const file = this.file('metrics.jsonl');
    const text = await readFile(file, 'utf8').catch(undefinedIfMissing);
    const kept = (text ?? '').split('\n').flatMap((line) => {
      const metric = parseMetric(line);
      return metric && metric.type !== 'result' && metric.step <= step ? [metric] : [];
    });
    await writeFileAtomic(file, kept.map((metric) => `${toJson(metric)}\n`).join(''));
    return kept;
  }

  /** Moves the files of an earlier run, if there are any, to the first free of DIR.1, DIR.2, ...; returns where they are now. */
  async setAside(): Promise<string | undefined> {
    const found = await Promise.all(FILES.map((name) => exists(this.file(name))));
    const present = FILES.filter((_, index) => found[index]);
    if (present.length === 0) return undefined;
    let number = 1;
    while (await exists(`${this.path}.${number}`)) number++;
    const aside = `${this.path}.${number}`;
    await mkdir(aside);
    for (const name of present) await rename(this.file(name), join(aside, name));
    return aside;
  }

  file(name: (typeof FILES)[number]): string {
    return join(this.path, name);
  }
}

function parseMetric(line: string): Metric | undefined {
  try {
    const metric: unknown = fromJson(line);
    return typeof metric === 'object' && metric !== null && 'step' in metric ? (metric as Metric) : undefined;
  } catch {
    return undefined;
  }
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(undefinedIfMissing)) !== undefined;
}
