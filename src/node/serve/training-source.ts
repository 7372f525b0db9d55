import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as v from 'valibot';
import { DataError } from '../../core/errors.ts';
import { fromJson } from '../../core/json.ts';
import type { Model } from '../../model/types.ts';
import type { TrainingReport } from '../../report/served/training.ts';
import { figure } from '../../search/written/figure.ts';
import { readJson } from '../json-file.ts';
import { load } from '../persist.ts';
import { AppendedLines } from './appended-lines.ts';
import { stampOf } from './stamp.ts';

const count = v.number();
/** Of run.json, what is shown. */
const record = v.object({
  format: v.literal(1),
  options: v.objectWithRest({ steps: count }, v.unknown()),
  data: v.object({
    name: v.string(),
    sizes: v.object({ train: count, validation: count, test: count }),
    classNames: v.optional(v.array(v.string())),
  }),
  modelHash: v.optional(v.string()),
  started: v.string(),
  adapter: v.object({ description: v.optional(v.string(), 'an adapter without a name') }),
  versions: v.object({ paredown: v.string() }),
  earlier: v.optional(v.array(v.object({ started: v.string() })), []),
});

const measured = { step: count, loss: figure, accuracy: v.optional(figure) };
/** Lines of metrics.jsonl. */
const metric = v.variant('type', [
  v.object({ type: v.literal('progress'), ...measured, stepMs: figure, wallMs: figure }),
  v.object({ type: v.literal('evaluation'), ...measured }),
  v.object({
    type: v.literal('result'),
    step: count,
    test: v.object({ loss: figure, accuracy: v.optional(figure), confusion: v.optional(v.array(v.array(count))) }),
  }),
]);

type Record = v.InferOutput<typeof record>;
type Metric = v.InferOutput<typeof metric>;

/** A training in its run folder, read as it goes. */
export class TrainingSource {
  /** Rises as what is shown of it changes. */
  revision = 0;
  private record: Record | undefined;
  private recordStamp: string | undefined;
  private readonly lines: AppendedLines;
  private metrics: Metric[] = [];
  private damaged = 0;
  private network: Model | undefined;
  private networkTried = '';
  private files: readonly { readonly name: string; readonly bytes: number }[] = [];

  constructor(private readonly folder: string) {
    this.lines = new AppendedLines(join(folder, 'metrics.jsonl'));
  }

  /** Throws a DataError where run.json can't be read. */
  async refresh(): Promise<void> {
    const stamp = await stampOf(join(this.folder, 'run.json'));
    if (stamp !== this.recordStamp || !this.record) {
      this.recordStamp = stamp;
      this.record = await this.readRecord();
      this.revision++;
    }
    await this.readMetrics();
    await this.readFiles();
    await this.readNetwork();
  }

  get isOver(): boolean {
    return this.metrics.at(-1)?.type === 'result';
  }

  /** Undefined before it was read. `shown`: the folder, for a person. */
  report(shown: string): TrainingReport | undefined {
    const { record, metrics, damaged, files, network } = this;
    if (!record) return undefined;
    const { options, data, adapter, versions, started, earlier } = record;
    const { classNames } = data;
    const last = metrics.at(-1);
    const model = typeof options.model === 'string' ? options.model : basename(this.folder);
    return {
      folder: shown,
      title: `${model} on ${data.name}`,
      began: earlier[0]?.started ?? started,
      adapter: adapter.description,
      version: versions.paredown,
      steps: options.steps,
      options: Object.entries(options).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
      samples: data.sizes,
      ...(classNames && { classNames }),
      progress: metrics.filter((one) => one.type === 'progress'),
      evaluations: metrics.filter((one) => one.type === 'evaluation'),
      ...(last?.type === 'result' && { result: last.test }),
      ...(network && { network }),
      files,
      problems: damaged > 0 ? [`${damaged} damaged lines of metrics.jsonl are left out`] : [],
    };
  }

  private async readRecord(): Promise<Record> {
    const path = join(this.folder, 'run.json');
    const parsed = v.safeParse(record, await readJson(path));
    if (parsed.success) return parsed.output;
    const [issue] = parsed.issues;
    throw new DataError(`${path} is damaged: ${v.getDotPath(issue) ?? ''}: ${issue.message}`);
  }

  private async readMetrics(): Promise<void> {
    const { lines, anew } = await this.lines.read();
    if (anew) {
      this.metrics = [];
      this.damaged = 0;
    }
    if (lines.length === 0 && !anew) return;
    for (const line of lines) {
      const read = parsedMetric(line);
      if (read) this.metrics.push(read);
      else if (line.trim() !== '') this.damaged++;
    }
    this.revision++;
  }

  private async readFiles(): Promise<void> {
    const names = (await readdir(this.folder)).filter((name) => FILES.has(name));
    const files = await Promise.all(
      names
        .sort()
        .map(async (name) => ({ name, bytes: (await stat(join(this.folder, name)).catch(() => undefined))?.size ?? 0 })),
    );
    if (JSON.stringify(files) !== JSON.stringify(this.files)) this.revision++;
    this.files = files;
  }

  /** Of the model, or before there is one of the checkpoint: once a training, since they hold weights too. */
  private async readNetwork(): Promise<void> {
    const file = ['model.safetensors', 'checkpoint'].find((name) => this.files.some((one) => one.name === name));
    const wanted = this.record?.modelHash ?? this.record?.started ?? '';
    if (file === undefined || this.networkTried === wanted) return;
    this.networkTried = wanted;
    this.network = await load(join(this.folder, file)).then(
      ({ model }) => model,
      () => undefined,
    );
    this.revision++;
  }
}

const FILES: ReadonlySet<string> = new Set(['checkpoint', 'metrics.jsonl', 'model.safetensors', 'curves.svg', 'run.json']);

function parsedMetric(line: string): Metric | undefined {
  try {
    const read = v.safeParse(metric, fromJson(line));
    return read.success ? read.output : undefined;
  } catch {
    return undefined;
  }
}
