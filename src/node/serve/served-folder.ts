import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { compareContent } from '../../report/served/compare.ts';
import { type Doing, isLive } from '../../report/served/doing.ts';
import type { Listed } from '../../report/served/overview.ts';
import type { PageContent } from '../../report/served/page-parts.ts';
import { type ServedStudy, studyContent, studyParts, trialContent } from '../../report/served/study.ts';
import { trainingContent } from '../../report/served/training.ts';
import { html } from '../../report/study/markup.ts';
import type { StudyReport } from '../../report/study/report.ts';
import { count, objectiveName, percent, several } from '../../report/study/text.ts';
import { bestOf, score } from '../../search/best.ts';
import { doingIn } from './doing-in.ts';
import type { Judgings } from './judgings.ts';
import { messageContent } from './message-content.ts';
import { StudySource } from './study-source.ts';
import { TrainingSource } from './training-source.ts';
import { type AskedStudy, answerRequest, type ImagesAnswer, type ImagesRequest, trialFacts } from './trial-images.ts';

/** Of what was asked for less long ago, nothing is read again. */
const FRESH_MILLISECONDS = 250;

type Source = { readonly kind: 'study'; readonly of: StudySource } | { readonly kind: 'training'; readonly of: TrainingSource };

/** A folder that is served, whatever it holds: a study, a training, nothing yet, what can't be read. */
export class ServedFolder {
  /** By which its pages are called. */
  readonly id: string;
  private source: Source | undefined;
  private doing: Doing = { condition: 'idle', running: [] };
  private problem: string | undefined;
  private isRead = false;
  private isThere = false;
  private refreshed = Number.NEGATIVE_INFINITY;
  private refreshing: Promise<void> | undefined;
  private made: { readonly report: StudyReport; readonly parts: ReturnType<typeof studyParts> } | undefined;

  /** `path` is absolute, `shown` is what a person is told. */
  constructor(
    readonly path: string,
    private readonly shown: string,
    private readonly judgings: Judgings,
  ) {
    this.id = createHash('sha256').update(path).digest('hex').slice(0, 12);
  }

  get page(): string {
    return `/folder/${this.id}`;
  }

  /** Of the process, to ask it by. */
  get session(): string | undefined {
    return this.doing.session;
  }

  /** What changes as its pages do. */
  get stamp(): string {
    const { source, doing, problem, isThere, judgings } = this;
    return JSON.stringify([source?.kind, source?.of.revision, doing, problem, isThere, judgings.revision]);
  }

  /** Looks for what has changed; one look at a time. */
  refresh(): Promise<void> {
    if (performance.now() - this.refreshed < FRESH_MILLISECONDS) return Promise.resolve();
    this.refreshing ??= this.look().finally(() => {
      this.refreshing = undefined;
      this.refreshed = performance.now();
    });
    return this.refreshing;
  }

  listed(): Listed {
    const { page: path, shown: folder, source, doing, problem } = this;
    if (!this.isRead) return { path, folder, kind: 'unread' };
    if (!source) return { path, folder, kind: 'nothing', ...(problem !== undefined && { problem }) };
    const known = { path, folder, kind: source.kind, doing, ...(problem !== undefined && { problem }) };
    if (source.kind === 'study') {
      const { report } = source.of;
      return report ? { ...known, ...studyInWords(report) } : known;
    }
    const report = source.of.report(folder);
    if (!report) return known;
    const validation = report.evaluations.reduce((most, { accuracy = -1 }) => Math.max(most, accuracy), -1);
    const best = report.result?.accuracy === undefined ? undefined : `${percent(report.result.accuracy)} on test`;
    const sofar = validation >= 0 ? `${percent(validation)} on validation` : undefined;
    return {
      ...known,
      title: report.title,
      extent: `${count(report.progress.at(-1)?.step ?? 0)} of ${count(report.steps)} steps`,
      ...((best ?? sofar) !== undefined && { best: best ?? sofar }),
    };
  }

  /** The page of the folder, and what lies below it: a trial, or two of them; undefined where there is no such page. */
  async content(below: string, query: URLSearchParams, token: string): Promise<PageContent | undefined> {
    const { source, doing, shown, problem } = this;
    const control = { action: `${this.page}/control`, token };
    if (problem !== undefined)
      return messageContent(shown, html`<p class="note">${problem}</p><p>It is looked at again and again.</p>`);
    if (source?.kind === 'training') {
      const report = source.of.report(shown);
      return report && below === '' ? trainingContent(report, doing, control) : undefined;
    }
    const report = source?.of.report;
    if (!report || source?.kind !== 'study') return below === '' ? this.nothing() : undefined;
    return this.studyPage(below, query, source.of, {
      path: this.page,
      folder: shown,
      report,
      doing,
      control,
      problems: source.of.problems(isLive(doing)),
    });
  }

  private async studyPage(
    below: string,
    query: URLSearchParams,
    source: StudySource,
    study: ServedStudy,
  ): Promise<PageContent | undefined> {
    if (below === '') {
      if (this.made?.report !== study.report) this.made = { report: study.report, parts: studyParts(study) };
      return studyContent(study, this.made.parts);
    }
    if (below === '/compare') return compareContent(study, Number(query.get('a')), Number(query.get('b')));
    const [, number] = /^\/trial\/([1-9]\d{0,8})$/.exec(below) ?? [];
    const asked = this.asked(source);
    if (number === undefined || !asked) return undefined;
    const control = { ...study.control, action: `${this.page}/images` };
    return trialContent(study, Number(number), (record) => trialFacts(asked, record, control));
  }

  /** Does what the form of a trial's page asks for; undefined where this is no study. */
  async images(request: ImagesRequest): Promise<ImagesAnswer | undefined> {
    const { source } = this;
    const asked = source?.kind === 'study' ? this.asked(source.of) : undefined;
    return asked && answerRequest(asked, request);
  }

  private asked({ study }: StudySource): AskedStudy | undefined {
    const { path: folder, shown, judgings } = this;
    return study && { folder, shown, judgings, ...study };
  }

  private nothing(): PageContent {
    const words = this.isThere
      ? 'There is neither a study nor a training in this folder. What is begun there appears here by itself.'
      : 'There is no such folder, or it was moved. What is begun there appears here by itself.';
    return messageContent(this.shown, html`<p>${words}</p>`);
  }

  private async look(): Promise<void> {
    const { path } = this;
    const isFile = async (name: string) => (await stat(join(path, name)).catch(() => undefined))?.isFile() ?? false;
    this.isThere = (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
    const kind = (await isFile('study.json')) ? 'study' : (await isFile('run.json')) ? 'training' : undefined;
    if (kind !== this.source?.kind) {
      this.made = undefined;
      this.source =
        kind === 'study'
          ? { kind, of: new StudySource(path) }
          : kind === 'training'
            ? { kind, of: new TrainingSource(path) }
            : undefined;
    }
    try {
      await this.source?.of.refresh();
      this.problem = undefined;
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    }
    this.doing = this.source ? await doingIn(path, this.source.of.isOver) : { condition: 'idle', running: [] };
    this.isRead = true;
  }
}

function studyInWords({ title, problem, records }: StudyReport) {
  const best = bestOf(problem, records);
  const words = best ? `${count(score(problem, best))} ${objectiveName(problem.objective)}` : 'none holds the floor yet';
  return { title, extent: several(records.length, 'trial'), best: words };
}
