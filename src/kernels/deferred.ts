import type { Capabilities } from '../gpu/gpu.ts';
import type { Variant } from './family.ts';

/** What a family and a fused one have in common. */
interface Loaded<Problem> {
  readonly name: string;
  readonly variants: readonly Variant<Problem>[];
  prefer(problem: Problem, capabilities: Capabilities): string;
}

/** A family whose code and shaders are loaded when a plan first needs them, so that a page loads those of its network alone. */
export class DeferredFamily<Problem> implements Loaded<Problem> {
  private family: Loaded<Problem> | undefined;

  constructor(
    readonly name: string,
    private readonly load: () => Promise<Loaded<Problem>>,
  ) {}

  /** Loads the family; absent once it is there. */
  get pending(): (() => Promise<void>) | undefined {
    if (this.family) return undefined;
    return async () => {
      const family = await this.load();
      if (family.name !== this.name) throw new Error(`'${this.name}' loads the kernels of ${family.name}`);
      this.family = family;
    };
  }

  get variants(): readonly Variant<Problem>[] {
    return this.loaded.variants;
  }

  prefer(problem: Problem, capabilities: Capabilities): string {
    return this.loaded.prefer(problem, capabilities);
  }

  private get loaded(): Loaded<Problem> {
    if (!this.family) throw new Error(`The kernels of ${this.name} are needed before loadFamilies has loaded them`);
    return this.family;
  }
}
