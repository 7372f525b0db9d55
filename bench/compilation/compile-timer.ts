import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { INDIRECT, STORAGE, UNIFORM } from '../../src/gpu/buffers.ts';
import type { Gpu } from '../../src/gpu/gpu.ts';
import type { Kernel } from '../../src/gpu/kernel.ts';

/** Bytes of what a kernel is bound to that runs over nothing. */
const ANY = 65_536;

interface Counted {
  asked: number;
  texts: number;
  ms: number;
}

/**
 * Stands between a device and its pipelines: each kernel of a text that was not there before is dispatched over no workgroups and waited for,
 * one after the other. Times are of the processor, in all threads of this process: other processes change them little.
 */
export class CompileTimer {
  totalMs = 0;
  private readonly counted = new Map<string, Counted>();
  private readonly pipelines = new Map<string, GPUComputePipeline>();
  private readonly storage: GPUBuffer[];
  private readonly uniform: GPUBuffer;
  private readonly counts: GPUBuffer;
  private before: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly gpu: Gpu,
    private readonly texts: string | undefined,
  ) {
    const { device, pipelines } = gpu;
    this.storage = Array.from({ length: 8 }, () => device.createBuffer({ size: ANY, usage: STORAGE }));
    this.uniform = device.createBuffer({ size: 1024, usage: UNIFORM });
    this.counts = device.createBuffer({ size: 12, usage: INDIRECT });
    const get = pipelines.get.bind(pipelines);
    pipelines.get = (kernel) => {
      const next = this.before.then(() => this.timed(kernel, get));
      this.before = next.catch(() => undefined);
      return next;
    };
  }

  rows(): ({ readonly name: string } & Readonly<Counted>)[] {
    return [...this.counted].map(([name, counted]) => ({ name, ...counted })).sort((a, b) => b.ms - a.ms);
  }

  private async timed(kernel: Kernel, get: (kernel: Kernel) => Promise<GPUComputePipeline>): Promise<GPUComputePipeline> {
    const counted = this.counted.get(kernel.name) ?? { asked: 0, texts: 0, ms: 0 };
    this.counted.set(kernel.name, counted);
    counted.asked++;
    const key = `${kernel.bindings.join()}\n${kernel.code}`;
    const known = this.pipelines.get(key);
    if (known) return known;
    const start = process.cpuUsage();
    const pipeline = await get(kernel);
    this.pipelines.set(key, pipeline);
    await this.dispatchOverNothing(kernel, pipeline);
    const { user, system } = process.cpuUsage(start);
    const ms = (user + system) / 1000;
    counted.texts++;
    counted.ms += ms;
    this.totalMs += ms;
    if (this.texts)
      writeFileSync(
        join(this.texts, `${kernel.name.replace('/', '-')}-${counted.texts}.wgsl`),
        `// ${ms.toFixed(0)} ms\n${kernel.code}`,
      );
    return pipeline;
  }

  private async dispatchOverNothing(kernel: Kernel, pipeline: GPUComputePipeline): Promise<void> {
    const { device, pipelines } = this.gpu;
    const buffers = [
      ...kernel.bindings.map((_, index) => this.storage[index]),
      ...(kernel.numbers?.length ? [this.uniform] : []),
    ];
    const entries = buffers.flatMap((buffer, binding) => (buffer ? [{ binding, resource: { buffer } }] : []));
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, device.createBindGroup({ layout: pipelines.layout(kernel), entries }));
    pass.dispatchWorkgroupsIndirect(this.counts, 0);
    pass.end();
    device.queue.submit([encoder.finish()]);
    await this.gpu.finished();
  }
}
