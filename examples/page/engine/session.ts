import {
  type CompileProgress,
  type Dataset,
  type Gpu,
  type InputDescription,
  type Model,
  openGpu,
  type QuantizedModel,
  type Weights,
} from 'paredown';
import type { Events } from './calls.ts';
import type { TrainingSnapshot } from './kept-training.ts';
import { Store } from './store.ts';

export interface Splits {
  readonly train: Dataset;
  readonly validation: Dataset;
  readonly test: Dataset;
}

/** A network that can be asked: trained here, or come from a file or a search. */
export interface Subject {
  readonly model: Model;
  readonly weights: Weights;
  readonly input: InputDescription;
  /** Of a file: its name, as names of files and functions can be, its integers, and whether it does not tell how pixels are scaled. */
  readonly fileName?: string;
  readonly quantized?: QuantizedModel;
  readonly scalingAssumed?: boolean;
}

/** What the rooms of the worker share. */
export class Session {
  splits: Splits | undefined;
  /** Where the training can go on. */
  snapshot: TrainingSnapshot | undefined;
  readonly store = new Store((state) => this.events?.store(state));
  events: Events | undefined;
  /** Lets go of what was made of the data before. */
  onNewData: (() => Promise<void>) | undefined;
  private training = false;
  /** The network that is drawn for, pared down and taken away. */
  subject: Subject | undefined;
  /** Whether the store may hold it by itself: it came from a file or a search. */
  subjectIsKept = false;
  /** As it was when the training last validated it. */
  validated: Subject | undefined;
  private opened: Promise<Gpu> | undefined;
  private readonly listeners = new Set<(progress: CompileProgress) => void>();

  /** The device, opened once, and again after it was lost. */
  gpu(): Promise<Gpu> {
    this.opened ??= this.open();
    return this.opened;
  }

  /** Tells `listener` of kernels that are compiled while `work` goes on. */
  async whileCompiling<T>(listener: (progress: CompileProgress) => void, work: () => Promise<T>): Promise<T> {
    this.listeners.add(listener);
    try {
      return await work();
    } finally {
      this.listeners.delete(listener);
    }
  }

  /** As `whileCompiling`, while no other data may be chosen. */
  async whileTraining<T>(listener: (progress: CompileProgress) => void, work: () => Promise<T>): Promise<T> {
    this.training = true;
    try {
      return await this.whileCompiling(listener, work);
    } finally {
      this.training = false;
    }
  }

  /** Throws while a training needs the data that there are. */
  checkIdle(): void {
    if (this.training) throw new Error('A training is under way; stop it first.');
  }

  /** Takes other data; what was trained on those before can't go on. */
  async useData(splits: Splits): Promise<void> {
    this.checkIdle();
    await this.onNewData?.();
    this.snapshot = undefined;
    this.validated = undefined;
    this.splits = splits;
  }

  private async open(): Promise<Gpu> {
    const forget = () => {
      this.opened = undefined;
    };
    try {
      const gpu = await openGpu({
        powerPreference: 'high-performance',
        onCompile: (progress) => {
          for (const listener of this.listeners) listener(progress);
        },
      });
      gpu.lost.then((why) => {
        forget();
        this.events?.lost(why.message);
      });
      return gpu;
    } catch (error) {
      forget();
      throw error;
    }
  }
}
