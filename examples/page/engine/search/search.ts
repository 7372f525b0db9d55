import type { wrap } from 'comlink';
import {
  atBestRate,
  bestOf,
  type DecodedModel,
  dataset,
  type Forecast,
  forecast,
  type Gpu,
  GpuEvaluator,
  openGpu,
  search,
  studyPage,
  type Trial,
  type TrialRecord,
} from 'paredown';
import type { Network, SearchPeer } from '../pare.ts';
import type { Splits } from '../session.ts';
import type { Loaded, Running, SearchChoices, SearchListener, SearchState, SearchView, StudyView } from './calls.ts';
import { zipped } from './files.ts';
import { frontOf } from './front.ts';
import { obstacleTo, type Parted, partedData, searchOptionsOf, settingsFor, setupOf } from './settings.ts';
import { Store } from './store.ts';
import { StoredStudy } from './stored-study.ts';

/** The page is told this often at most. */
const TELL_MS = 250;
/** A forecast is made this often at most. */
const FORECAST_MS = 2000;

/** One study at a time, kept in the browser, that is begun, goes on, rests, and whose networks can be asked. */
export class PageSearch {
  private readonly store = new Store();
  private study: StoredStudy | undefined;
  private state: SearchState = { state: 'resting' };
  private obstacle: string | undefined;
  private data: Parted | undefined;
  private device: Promise<Gpu> | undefined;
  private drain = new AbortController();
  private abort = new AbortController();
  /** Minutes of the study's time that are spent, while it goes on. */
  private spent: (() => number) | undefined;
  private isExhausted = false;
  /** When, and of how many trials, a forecast was made. */
  private foreseen: { at: number; of: number; known: Forecast | undefined } = { at: 0, of: 0, known: undefined };
  private told = 0;
  private telling: ReturnType<typeof setTimeout> | undefined;
  private damaged: string | undefined;
  /** Networks that were trained to be asked, outside of the study. */
  private readonly trained = new Map<string, { readonly network: Network; readonly accuracy: number }>();

  constructor(
    private readonly peer: ReturnType<typeof wrap<SearchPeer>>,
    private readonly listener: SearchListener,
  ) {}

  /** Finds the study that is kept. */
  async open(): Promise<void> {
    try {
      this.study = await StoredStudy.open(this.store);
    } catch (error) {
      this.damaged = `A study is kept here that can't be read: ${messageOf(error)}. A new search takes its place.`;
    }
    await this.look();
  }

  /** Looks at the data that the page has now: whether the study is of these. Goes on with one that the page went away from in the middle. */
  async look(): Promise<void> {
    if (this.isBusy) return;
    await this.lookAtData();
    this.tell(true);
    if (this.study?.state === 'runs' && this.obstacle === undefined) void this.goOn();
  }

  private async lookAtData(): Promise<void> {
    const { splits } = this.study ? await this.peer.inputs() : { splits: undefined };
    this.data = splits && partedData(checkedSplits(splits));
    this.obstacle = this.study && (await obstacleTo(this.study.settings, this.data));
  }

  /** Begins a study in the place of the one that was there. */
  begin(choices: SearchChoices): Promise<void> {
    return this.running(async () => {
      const { splits, subject } = await this.peer.inputs();
      if (!splits) throw new Error('There are no data yet; choose some.');
      const start = choices.strategy === 'pare' ? subject : undefined;
      if (choices.strategy === 'pare' && !start)
        throw new Error('There is no trained network to take away from: train one, or search from nothing.');
      this.data = partedData(checkedSplits(splits));
      const given: DecodedModel | undefined = start && { model: start.model, weights: start.weights };
      const settings = await settingsFor(choices, this.data, await this.gpu(), given);
      const budget = { minutes: choices.minutes, ...(choices.trials !== undefined && { trials: choices.trials }) };
      this.study = await StoredStudy.begin(this.store, settings, budget, given);
      this.damaged = undefined;
      this.obstacle = undefined;
      this.trained.clear();
      await this.run(this.study, this.data);
    });
  }

  /** Goes on with the study, where it rests or has ended, for so many minutes more [what is left]. */
  goOn(more = 0): Promise<void> {
    return this.running(async () => {
      // As another tab may have left it.
      if (this.store.fault === undefined) this.study = await StoredStudy.open(this.store);
      await this.lookAtData();
      const { study, data, obstacle } = this;
      if (!study || !data) throw new Error('There is no study to go on with.');
      if (obstacle !== undefined) throw new Error(obstacle);
      if (more > 0) {
        study.budget.minutes = Math.max(study.budget.minutes, study.spentMinutes) + more;
        delete study.budget.trials;
      }
      await this.run(study, data);
    });
  }

  /** Ends once what runs has ended; `now`: what runs is lost. */
  stop(now: boolean): void {
    if (this.state.state === 'searching') this.show({ ...this.state, state: 'stopping' });
    this.drain.abort();
    if (now) this.abort.abort();
  }

  discard(): Promise<void> {
    return this.running(async () => {
      await this.store.empty();
      this.study = undefined;
      this.damaged = undefined;
      this.obstacle = undefined;
    });
  }

  /** Makes a network of the study the one that is asked; undefined where its weights are not kept. */
  async load(key: string): Promise<Loaded | undefined> {
    const { study, record } = this.recordOf(key);
    const best = atBestRate(record);
    const index = best ? best.accuracy.indexOf(Math.max(...best.accuracy)) : -1;
    const trained = await study.trained(record, best?.replicas[index] ?? 0);
    if (trained) return this.use(key, trained);
    const made = this.trained.get(key);
    return made && { ...(await this.use(key, made.network)), accuracy: made.accuracy };
  }

  /** Trains a network of the study again, from its first seed and from nothing, at full length at the least, and makes it the one that is asked. */
  async train(key: string): Promise<Loaded> {
    if (!this.isBusy) await this.lookAtData();
    const { study, record } = this.recordOf(key);
    if (!this.data || this.obstacle !== undefined) throw new Error(this.obstacle ?? 'There are no data yet; choose some.');
    const { inherits: _, ...trial } = record;
    const best = atBestRate(record);
    const seeds = record.seeds.slice(0, 1);
    const samples = Math.max(record.samples, study.settings.problem.rungs.at(-1) ?? 0);
    const evaluator = await GpuEvaluator.create(await this.gpu(), this.data, setupOf(study.settings));
    const again = { ...trial, samples, seeds, rates: [best?.rate ?? record.rates[0] ?? 0.01] };
    const { outcome, weights } = await evaluator.evaluate(again, { keep: true });
    const [first] = weights ?? [];
    if (outcome.status !== 'trained' || !first)
      throw new Error(`It was not trained: ${outcome.status === 'trained' ? 'no weights came' : outcome.reason}`);
    const accuracy = outcome.accuracy[0] ?? Number.NaN;
    const network = { model: record.model, weights: first };
    this.trained.set(key, { network, accuracy });
    return { ...(await this.use(key, network)), accuracy };
  }

  /** What is known, as the page of the command `search report`. */
  report(): string {
    const study = this.needed();
    const { problem, strategy, data, software } = study.settings;
    return studyPage({
      title: titleOf(study),
      ...{ data, problem, strategy, software },
      setup: setupOf(study.settings),
      date: new Date().toISOString(),
      records: study.records,
      conclusions: study.conclusions,
      published: [],
    });
  }

  /** The study as a folder that the commands read, zipped. */
  async download(): Promise<Uint8Array<ArrayBuffer>> {
    const study = this.needed();
    return zipped('paredown-study', await study.folder());
  }

  private async use(key: string, { model, weights, quantized }: Network): Promise<Loaded> {
    await this.peer.use({ model, weights, ...(quantized && { quantized }) });
    return { key };
  }

  private recordOf(key: string): { readonly study: StoredStudy; readonly record: TrialRecord } {
    const study = this.needed();
    const record = study.records.find((known) => known.key === key);
    if (!record) throw new Error('The study does not hold this network.');
    return { study, record };
  }

  private needed(): StoredStudy {
    if (!this.study) throw new Error('There is no study yet.');
    return this.study;
  }

  private gpu(): Promise<Gpu> {
    this.device ??= openGpu({ powerPreference: 'high-performance' }).then(
      (gpu) => {
        gpu.lost.then(() => {
          this.device = undefined;
        });
        return gpu;
      },
      (error) => {
        this.device = undefined;
        throw error;
      },
    );
    return this.device;
  }

  private get isBusy(): boolean {
    return this.state.state !== 'resting' && this.state.state !== 'failed';
  }

  /** Does `work` unless a search goes on, here or in another tab, and tells what it comes to. */
  private async running(work: () => Promise<void>): Promise<void> {
    if (this.isBusy) return;
    this.drain = new AbortController();
    this.abort = new AbortController();
    this.show({ state: 'preparing', what: 'Opens the GPU and looks at the data …' });
    try {
      await navigator.locks.request('paredown-study', { ifAvailable: true }, async (lock) => {
        if (!lock) throw new Error('Another tab of this page searches; stop it there, or look on there.');
        await work();
      });
      this.show({ state: 'resting' });
    } catch (error) {
      this.show(this.abort.signal.aborted ? { state: 'resting' } : { state: 'failed', why: messageOf(error) });
    }
  }

  private async run(study: StoredStudy, data: Parted): Promise<void> {
    const [before, began] = [study.spentMinutes, performance.now()];
    const spent = () => before + (performance.now() - began) / 60_000;
    this.spent = spent;
    this.isExhausted = false;
    await study.keepTime(before, 'runs');
    this.show({ state: 'searching' });
    let ended = false;
    try {
      const steps = search(await this.gpu(), data, {
        ...searchOptionsOf(study.settings, study.start),
        budget: { ...study.budget, spentMinutes: before },
        study,
        reopen: () => openGpu({ powerPreference: 'high-performance' }),
        onBegin: (trial) => this.begins(trial),
        onTested: (done, of) => this.show({ state: 'testing', done, of }),
        onExhausted: () => {
          this.isExhausted = true;
        },
        drain: this.drain.signal,
        signal: this.abort.signal,
      });
      for await (const step of steps) {
        if (step.type !== 'trial') continue;
        if (this.state.state === 'searching' || this.state.state === 'stopping') this.state = { state: this.state.state };
        await study.keepTime(spent(), 'runs');
        this.tell();
      }
      ended = !this.drain.signal.aborted;
    } finally {
      this.spent = undefined;
      await study.keepTime(spent(), ended ? 'ended' : 'rests');
    }
  }

  private begins({ costs, samples, seeds, rates, origin }: Trial): void {
    const running: Running = {
      ...{ parameters: costs.parameters, samples, seeds: seeds.length, rates: rates.length, change: origin.change },
      since: Date.now(),
    };
    this.state = { state: this.state.state === 'stopping' ? 'stopping' : 'searching', running };
    this.tell();
  }

  private show(state: SearchState): void {
    this.state = state;
    this.tell(true);
  }

  /** Tells the page what is known, at once or as soon as it was not told just now. */
  private tell(atOnce = false): void {
    const wait = atOnce ? 0 : this.told + TELL_MS - performance.now();
    if (wait > 0) {
      this.telling ??= setTimeout(() => this.tell(true), wait);
      return;
    }
    clearTimeout(this.telling);
    this.telling = undefined;
    this.told = performance.now();
    this.listener.changed(this.view());
  }

  private view(): SearchView {
    const { study, state, store, damaged } = this;
    return {
      search: state,
      ...(study && { study: this.studyView(study) }),
      ...(store.fault !== undefined && { notKept: store.fault }),
      problems: [...(damaged === undefined ? [] : [damaged]), ...(study?.problems ?? [])],
    };
  }

  /** A forecast looks at all trials: not after every one. */
  private forecast({ settings, records }: StoredStudy): Forecast | undefined {
    const { at, of, known } = this.foreseen;
    if (records.length === 0) return undefined;
    if (of === records.length || (records.length > of && performance.now() - at < FORECAST_MS)) return known;
    this.foreseen = { at: performance.now(), of: records.length, known: forecast(settings.problem, records) };
    return this.foreseen.known;
  }

  private studyView(study: StoredStudy): StudyView {
    const { settings, records, budget } = study;
    const { problem, strategy, data, created } = settings;
    const known = this.forecast(study);
    const of = (status: TrialRecord['outcome']['status']) => records.filter(({ outcome }) => outcome.status === status).length;
    const best = bestOf(problem, records);
    const last = records.at(-1)?.outcome;
    return {
      ...{ data: data.name, floor: problem.floor, strategy, created },
      objective: problem.leaves ? 'bytes' : 'parameters',
      fullSamples: problem.rungs.at(-1) ?? 0,
      confirmationSeeds: problem.seeds.length,
      trials: { trained: of('trained'), stopped: of('stopped'), diverged: of('diverged'), refused: of('refused') },
      ...frontOf(problem, records, (record) => study.keeps(record) || this.trained.has(record.key)),
      ...(best && { best: best.key }),
      minutes: budget.minutes,
      spentMinutes: this.spent?.() ?? study.spentMinutes,
      ...(budget.trials !== undefined && { mostTrials: budget.trials }),
      ...(known && { confirmationMs: known.confirmationMs }),
      ...(last && last.status !== 'trained' && { setback: last.reason }),
      ended: study.state === 'ended',
      exhausted: this.isExhausted,
      ...(this.obstacle !== undefined && { obstacle: this.obstacle }),
    };
  }
}

/** A data set that came from another worker is one again. */
const checked = (data: Splits['train']) => dataset(data);
const checkedSplits = ({ train, validation, test }: Splits): Splits => ({
  train: checked(train),
  validation: checked(validation),
  test: checked(test),
});

function titleOf({ settings: { data, problem } }: StoredStudy): string {
  return `The smallest network for ${data.name} at ${Number((100 * problem.floor).toFixed(6))}%`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
