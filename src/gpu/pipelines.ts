import type { Kernel } from './kernel.ts';
import { unrolled } from './unroll.ts';

export interface CompiledKernel {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** Compiles each distinct kernel of a device once; kernels asked for together compile at the same time. */
export class PipelineCache {
  private readonly compiled = new Map<string, Promise<CompiledKernel>>();
  private readonly layouts = new Map<string, GPUBindGroupLayout>();
  /** `unrolls`: whether loops are written out for the compiler (unroll.ts). */
  constructor(
    private readonly device: GPUDevice,
    private readonly unrolls = false,
  ) {}

  /** Throws an Error with the kernel's name, the line and the compiler's message where a shader does not compile. */
  get(kernel: Kernel): Promise<CompiledKernel> {
    const key = `${kernel.bindings.join()}\n${kernel.code}`;
    let entry = this.compiled.get(key);
    if (!entry) {
      entry = this.compile(kernel);
      this.compiled.set(key, entry);
    }
    return entry;
  }

  private async compile(kernel: Kernel): Promise<CompiledKernel> {
    const layout = this.layout(kernel);
    const code = this.unrolls ? unrolled(kernel.code) : kernel.code;
    const module = this.device.createShaderModule({ label: kernel.name, code });
    try {
      const pipeline = await this.device.createComputePipelineAsync({
        label: kernel.name,
        layout: this.device.createPipelineLayout({ bindGroupLayouts: [layout] }),
        compute: { module, entryPoint: 'main' },
      });
      return { pipeline, layout };
    } catch (error) {
      const { messages } = await module.getCompilationInfo();
      const lines = code.split('\n');
      const report = messages
        .filter((message) => message.type === 'error')
        .map((message) => `  line ${message.lineNum}: ${message.message}\n    ${lines[message.lineNum - 1]?.trim() ?? ''}`);
      throw new Error(`The kernel ${kernel.name} did not compile:\n${report.join('\n') || (error as Error).message}`);
    }
  }

  private layout(kernel: Kernel): GPUBindGroupLayout {
    const key = kernel.bindings.join();
    let layout = this.layouts.get(key);
    if (!layout) {
      layout = this.device.createBindGroupLayout({
        entries: kernel.bindings.map((access, binding) => ({
          binding,
          visibility: 4, // GPUShaderStage.COMPUTE
          buffer: { type: access === 'read' ? ('read-only-storage' as const) : ('storage' as const) },
        })),
      });
      this.layouts.set(key, layout);
    }
    return layout;
  }
}
