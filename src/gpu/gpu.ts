import { refuseUnknown } from '../core/arguments.ts';
import { abortError, DeviceLostError, LimitError, NoAdapterError, OptionError } from '../core/errors.ts';
import { shown } from '../core/shown.ts';
import { type AdapterKind, kindByName, rememberedKind } from './adapter-kind.ts';
import { Compilation, type CompileProgress } from './compilation.ts';
import { nudged } from './nudge.ts';
import { PipelineCache } from './pipelines.ts';
import type { Platform, TextStore } from './platform.ts';
import { awaitPromise } from './wait.ts';

export interface GpuOptions {
  /** Part of an adapter's name, to choose among several. */
  readonly adapter?: string;
  readonly powerPreference?: GPUPowerPreference;
  /** Check every call, as browsers do [true]. Only Dawn in Node can leave it out. */
  readonly validation?: boolean;
  /** Refuse an adapter without timestamp queries, by which plans are timed kernel by kernel [false]. */
  readonly profile?: boolean;
  /**
   * Told as kernels are compiled, from when the first of them is asked for until all are ready: for a page that says why it waits. What it
   * throws becomes the failure of who waits for the kernel.
   */
  readonly onCompile?: (progress: CompileProgress) => void;
  readonly signal?: AbortSignal;
}

export interface AdapterInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  /** 'cpu' for software drivers (lavapipe, SwiftShader, WARP): other kernel variants are best there. By the adapter's names, else measured. */
  readonly kind: AdapterKind;
}

/** What kernels need to know to choose a variant; plain data. */
export interface Capabilities {
  readonly kind: AdapterKind;
  /** Lanes of a subgroup where they are fixed and known, else 0 (also where the feature is missing). */
  readonly subgroupSize: number;
  readonly maxInvocations: number;
  readonly maxWorkgroupStorageBytes: number;
  readonly maxWorkgroupsPerDimension: number;
}

const WANTED_FEATURES = ['subgroups', 'timestamp-query', 'shader-f16'] as const;
/** What a compiled kernel takes on lavapipe, about. */
const PIPELINE_BYTES = 2 ** 20;
const WANTED_LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
] as const;

/** A WebGPU device with what the engine keeps beside it. Release it with `destroy` or `await using`. */
export class Gpu {
  readonly limits: GPUSupportedLimits;
  readonly features: ReadonlySet<string>;
  /** Resolves, when the device is lost, to the reason. It never rejects. */
  readonly lost: Promise<Error>;
  readonly capabilities: Capabilities;
  readonly pipelines: PipelineCache;
  readonly store: TextStore | undefined;
  private loss: DeviceLostError | undefined;
  private destroyed = false;
  private ended = 0;
  /** Those who wait for the device. (A race with `lost` would keep a reaction for each wait as long as the device lives.) */
  private readonly waiting = new Set<(error: Error) => void>();

  constructor(
    readonly device: GPUDevice,
    readonly info: AdapterInfo,
    subgroups: { min: number; max: number },
    private readonly platform: Pick<Platform, 'idle' | 'nudge' | 'naga' | 'store'>,
    readonly compilation = new Compilation(),
  ) {
    this.store = platform.store;
    this.limits = device.limits;
    this.features = device.features as ReadonlySet<string>;
    this.capabilities = {
      kind: info.kind,
      subgroupSize: this.features.has('subgroups') && subgroups.min === subgroups.max ? subgroups.max : 0,
      maxInvocations: this.limits.maxComputeInvocationsPerWorkgroup,
      maxWorkgroupStorageBytes: this.limits.maxComputeWorkgroupStorageSize,
      maxWorkgroupsPerDimension: this.limits.maxComputeWorkgroupsPerDimension,
    };
    // Dawn compiles for a software driver within this process (`idle`: a host that polls is Dawn in Node).
    const inProcess = platform.idle !== undefined && info.kind === 'cpu';
    this.pipelines = new PipelineCache(device, compilation, platform.naga, inProcess ? PIPELINE_BYTES : 0);
    this.lost = device.lost.then((lost) => {
      const error = new DeviceLostError(lost.reason, lost.message);
      this.loss = error;
      for (const reject of this.waiting) reject(error);
      return error;
    });
  }

  /** Throws a DeviceLostError where the device is gone. */
  check(): void {
    if (this.loss) throw this.loss;
    if (this.destroyed) throw new DeviceLostError('destroyed', 'this Gpu was destroyed; open another with openGpu()');
  }

  /**
   * Awaits a promise of the device, sleeping between polls on hosts that poll. Throws a DeviceLostError where the device is lost.
   * `expected`: about how many milliseconds it will take, where that is known.
   */
  async wait<T>(promise: Promise<T>, expected?: number): Promise<T> {
    try {
      const value = await patiently(this.platform, this.device, this.untilLost(promise), expected);
      this.ended++;
      this.check();
      return value;
    } catch (error) {
      throw this.loss ?? error;
    }
  }

  /** How many waits came to their end: for steps, for kernels that compile, for what is read back. It stands still where a driver hangs. */
  get waits(): number {
    return this.ended;
  }

  /** Waits until everything that was submitted has run. */
  async finished(): Promise<void> {
    await this.wait(this.device.queue.onSubmittedWorkDone());
  }

  /** Frees the device and everything made on it. Calling it again does nothing. */
  async destroy(): Promise<void> {
    if (this.destroyed) return;
    this.destroyed = true;
    this.device.destroy();
    await this.device.lost;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.destroy();
  }

  /** A promise that also rejects when the device is lost. */
  private untilLost<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.waiting.add(reject);
      const settle = () => this.waiting.delete(reject);
      promise.then(resolve, reject).then(settle, settle);
    });
  }
}

/** Opens a device with all the features and limits that the engine can use. Throws a NoAdapterError with advice where there is none. */
export async function openOn(platform: Platform, options: GpuOptions): Promise<Gpu> {
  checkOptions(options);
  if (options.signal?.aborted) throw abortError(options.signal.reason);
  const none = (detail = '') =>
    new NoAdapterError(
      `No WebGPU adapter was found${options.adapter ? ` for '${options.adapter}'` : ''}${detail}. ${platform.advice}`,
    );
  const wanted = options.powerPreference ? { powerPreference: options.powerPreference } : {};
  // Dawn throws, and lists what there is, where a name was asked for that no adapter has.
  const adapter = await platform.entry
    .requestAdapter(wanted)
    .catch((error: Error) => Promise.reject(none(` (${error.message.trim()})`)));
  if (!adapter) throw none();
  const { vendor, architecture, device: name, description } = adapter.info;
  const text = `${vendor} ${architecture} ${name} ${description}`.toLowerCase();
  if (options.adapter && !text.includes(options.adapter.toLowerCase()))
    throw new NoAdapterError(
      `No WebGPU adapter matches '${options.adapter}'; the one found is '${description || vendor}'. ${platform.advice}`,
    );
  const features: GPUFeatureName[] = platform.defaultsOnly
    ? []
    : WANTED_FEATURES.filter((feature) => adapter.features.has(feature));
  if (options.profile) {
    if (!adapter.features.has('timestamp-query'))
      throw new LimitError(
        'timestamp-query',
        0,
        1,
        'Profiling',
        'This adapter has no timestamp queries; open it without `profile`.',
      );
    if (!features.includes('timestamp-query')) features.push('timestamp-query');
  }
  const requiredLimits: Record<string, number> = {};
  if (!platform.defaultsOnly) for (const limit of WANTED_LIMITS) requiredLimits[limit] = adapter.limits[limit];
  const device = await adapter.requestDevice({ requiredFeatures: features, requiredLimits });
  const kind = await kindOf(adapter, device, platform).catch((error: unknown) => {
    device.destroy();
    throw error;
  });
  if (options.signal?.aborted) {
    device.destroy();
    throw abortError(options.signal.reason);
  }
  const subgroups = { min: adapter.info.subgroupMinSize ?? 0, max: adapter.info.subgroupMaxSize ?? 0 };
  const adapterInfo = { vendor, architecture, device: name, description, kind };
  return new Gpu(device, adapterInfo, subgroups, platform, new Compilation(options.onCompile));
}

async function kindOf(adapter: GPUAdapter, device: GPUDevice, platform: Platform): Promise<AdapterKind> {
  // Loaded where it is needed: most adapters have a name.
  const measure = async () =>
    (await import('./measured-kind.ts')).measuredKind(device, (promise) => patiently(platform, device, promise));
  return kindByName(adapter.info) ?? rememberedKind(adapter, platform.store, measure);
}

/** Awaits a promise of a device in the way that suits its host. */
function patiently<T>(
  { idle, nudge }: Pick<Platform, 'idle' | 'nudge'>,
  { queue }: GPUDevice,
  promise: Promise<T>,
  expected?: number,
): Promise<T> {
  return nudge ? nudged(queue, promise) : awaitPromise(promise, idle, expected);
}

/** Throws an OptionError for an option that is unknown or of the wrong kind. */
export function checkOptions(options: GpuOptions): void {
  const known: Record<string, string> = {
    adapter: 'string',
    powerPreference: 'string',
    validation: 'boolean',
    profile: 'boolean',
    onCompile: 'function',
    signal: 'object',
  };
  refuseUnknown('openGpu', options, Object.keys(known));
  for (const [key, value] of Object.entries(options)) {
    if (value !== undefined && typeof value !== known[key])
      throw new OptionError(`openGpu: option '${key}' must be a ${known[key]}, got ${shown(value)}`);
  }
  const { powerPreference, signal } = options;
  if (powerPreference !== undefined && powerPreference !== 'low-power' && powerPreference !== 'high-performance')
    throw new OptionError(
      `openGpu: option 'powerPreference' must be 'low-power' or 'high-performance', got ${shown(powerPreference)}`,
    );
  if (signal !== undefined && typeof signal?.addEventListener !== 'function')
    throw new OptionError(`openGpu: option 'signal' must be an AbortSignal, got ${shown(signal)}`);
}
