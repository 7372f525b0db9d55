import { clear, createStore, delMany, getMany, keys, setMany, type UseStore } from 'idb-keyval';

export type Content = string | Uint8Array;

/**
 * Files by name in the browser's storage: the study, as the commands keep it in a folder, but for a file each trial, so that what is written
 * does not grow with the study. Where the storage fails once, no more is written: `fault` says why, and who needs what was not kept must hold it.
 */
export class Store {
  private readonly database: UseStore = createStore('paredown-study', 'files');
  fault: string | undefined;

  /** The names of all files. */
  async names(): Promise<string[]> {
    return (await this.attempt(() => keys<string>(this.database))) ?? [];
  }

  async read(names: readonly string[]): Promise<(Content | undefined)[]> {
    return (await this.attempt(() => getMany<Content>([...names], this.database))) ?? names.map(() => undefined);
  }

  /** All of them or none; whether they are kept. */
  async write(files: readonly (readonly [name: string, content: Content])[]): Promise<boolean> {
    if (this.fault !== undefined) return false;
    const done = await this.attempt(async () => {
      await setMany(
        files.map(([name, content]) => [name, content]),
        this.database,
      );
      return true;
    });
    return done === true;
  }

  async remove(names: readonly string[]): Promise<void> {
    await this.attempt(() => delMany([...names], this.database));
  }

  async empty(): Promise<void> {
    this.fault = undefined;
    await this.attempt(() => clear(this.database));
  }

  private async attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      const { name, message } = error instanceof Error ? error : { name: '', message: String(error) };
      this.fault = name === 'QuotaExceededError' ? 'its storage for this page is full' : message || name || 'it refuses';
      return undefined;
    }
  }
}
