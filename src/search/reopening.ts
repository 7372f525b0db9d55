import { DeviceLostError } from '../core/errors.ts';
import type { Gpu } from '../gpu/gpu.ts';

/** A GPU that is opened anew where its device is lost: by a driver that was reset or updated, or a machine that slept. */
export class ReopeningGpu implements AsyncDisposable {
  /** Opened here; the first one is its giver's. */
  private own: Gpu | undefined;

  /** Without `reopen`, a lost device stays lost. */
  constructor(
    private current: Gpu,
    private readonly reopen?: () => Promise<Gpu>,
  ) {}

  get reopens(): boolean {
    return this.reopen !== undefined;
  }

  /**
   * What `work` comes to; where the device is lost in the middle, it begins once more on a new one. Throws the DeviceLostError of the
   * second loss, and what `reopen` throws.
   */
  async use<T>(work: (gpu: Gpu) => Promise<T>): Promise<T> {
    try {
      return await work(await this.opened());
    } catch (error) {
      if (!this.reopens || !(error instanceof DeviceLostError)) throw error;
      return work(await this.opened());
    }
  }

  /** Frees what was opened here. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.own?.destroy();
  }

  private async opened(): Promise<Gpu> {
    if (this.reopen && isLost(this.current)) {
      await this.own?.destroy();
      this.own = await this.reopen();
      this.current = this.own;
    }
    return this.current;
  }
}

function isLost(gpu: Gpu): boolean {
  try {
    gpu.check();
    return false;
  } catch (error) {
    return error instanceof DeviceLostError;
  }
}
