import type { Command } from '../gpu/commands.ts';

/** Batches that are ready on the GPU. */
export interface Supply {
  /** All dispatches of a step on them. */
  readonly commands: readonly Command[];
  /** The step behind which others are needed. */
  readonly until: number;
}

/** Where the batches of a fit come from. */
export interface BatchSource {
  /** Whether `next` need not wait. */
  readonly isReady: boolean;
  /** The batches behind those given so far, which all were submitted. */
  next(): Promise<Supply>;
  /** Tells of steps that were submitted. */
  submitted(steps: number): void;
}

/** A data set on the GPU as a whole. */
export class ResidentSource implements BatchSource {
  readonly isReady = true;

  constructor(private readonly commands: readonly Command[]) {}

  async next(): Promise<Supply> {
    return { commands: this.commands, until: Number.POSITIVE_INFINITY };
  }

  submitted(): void {}
}
