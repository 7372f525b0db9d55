import { GpuError } from '../core/errors.ts';
import type { Compilation } from './compilation.ts';
import type { Access, Kernel } from './kernel.ts';

/** How many pipelines are kept though nobody uses them, for the next plan: on a software driver each takes about a megabyte. */
const KEPT = 64;

const KINDS: Readonly<Record<Access, GPUBufferBindingType>> = { read: 'read-only-storage', write: 'storage' };

/**
 * Compiles each distinct kernel of a device once; kernels asked for together compile at the same time. WebGPU frees a pipeline when
 * nothing refers to it: the commands of plans do, and this cache to the last few that were asked for.
 */
export class PipelineCache {
  private readonly compiling = new Map<string, Promise<GPUComputePipeline>>();
  private readonly used = new Map<string, WeakRef<GPUComputePipeline>>();
  /** The last ones asked for, in that order. */
  private readonly recent = new Map<string, GPUComputePipeline>();
  private readonly layouts = new Map<string, GPUBindGroupLayout>();
  private readonly freed = new FinalizationRegistry<string>((key) => {
    if (!this.used.get(key)?.deref()) this.used.delete(key);
  });

  /**
   * A buffer for each pipeline that is there, as large as what it takes: a collector that sees only the small objects of JavaScript lets
   * hundreds of megabytes of compiled code lie.
   */
  private readonly counterweights = new WeakMap<GPUComputePipeline, ArrayBuffer>();
  /** `unrolls`: whether loops are written out for the compiler (unroll.ts). `pipelineBytes`: what a pipeline takes of this process's memory [unknown]. */
  constructor(
    private readonly device: GPUDevice,
    private readonly compilation: Compilation,
    private readonly unrolls = false,
    private readonly pipelineBytes = 0,
  ) {}

  /** Throws a GpuError with the kernel's name, the line and the compiler's message where a shader does not compile. */
  async get(kernel: Kernel): Promise<GPUComputePipeline> {
    const key = `${kernel.bindings.join()}\n${kernel.code}`;
    let pipeline = this.used.get(key)?.deref();
    if (!pipeline) {
      let compiling = this.compiling.get(key);
      if (!compiling) {
        this.compilation.begin(1);
        compiling = this.compile(kernel).finally(() => {
          this.compiling.delete(key);
          this.compilation.end(1);
        });
        this.compiling.set(key, compiling);
      }
      pipeline = await compiling;
      if (this.used.get(key)?.deref() !== pipeline) {
        this.used.set(key, new WeakRef(pipeline));
        this.freed.register(pipeline, key);
      }
    }
    this.keep(key, pipeline);
    return pipeline;
  }

  layout({ bindings, numbers = [] }: Pick<Kernel, 'bindings' | 'numbers'>): GPUBindGroupLayout {
    const kinds = [...bindings.map((access) => KINDS[access]), ...(numbers.length > 0 ? (['uniform'] as const) : [])];
    const key = kinds.join();
    let layout = this.layouts.get(key);
    if (!layout) {
      layout = this.device.createBindGroupLayout({
        // GPUShaderStage.COMPUTE
        entries: kinds.map((type, binding) => ({ binding, visibility: 4, buffer: { type } })),
      });
      this.layouts.set(key, layout);
    }
    return layout;
  }

  private keep(key: string, pipeline: GPUComputePipeline): void {
    this.recent.delete(key);
    this.recent.set(key, pipeline);
    const [oldest] = this.recent.keys();
    if (this.recent.size > KEPT && oldest !== undefined) this.recent.delete(oldest);
  }

  private async compile(kernel: Kernel): Promise<GPUComputePipeline> {
    // Loaded where it is needed: most engines unroll by themselves.
    const code = this.unrolls ? (await import('./unroll.ts')).unrolled(kernel.code) : kernel.code;
    // The scope keeps the module's error from the device; the pipeline's promise tells it.
    this.device.pushErrorScope('validation');
    const module = this.device.createShaderModule({ label: kernel.name, code });
    const compiling = this.device.createComputePipelineAsync({
      label: kernel.name,
      layout: this.device.createPipelineLayout({ bindGroupLayouts: [this.layout(kernel)] }),
      compute: { module, entryPoint: 'main' },
    });
    const refused = this.device.popErrorScope().catch(() => null);
    try {
      const pipeline = await compiling;
      if (this.pipelineBytes > 0) this.counterweights.set(pipeline, new ArrayBuffer(this.pipelineBytes));
      return pipeline;
    } catch (error) {
      await refused;
      const { messages } = await module.getCompilationInfo();
      const lines = code.split('\n');
      const report = messages
        .filter((message) => message.type === 'error')
        .map((message) => `  line ${message.lineNum}: ${message.message}\n    ${lines[message.lineNum - 1]?.trim() ?? ''}`);
      throw new GpuError(`the kernel ${kernel.name} did not compile:\n${report.join('\n') || (error as Error).message}`);
    }
  }
}
