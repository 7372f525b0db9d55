import { type BufferRange, COPY_DST, COPY_SRC } from '../gpu/buffers.ts';
import { readRanges } from '../gpu/readback.ts';
import type { Workspace } from '../gpu/workspace.ts';
import type { ParameterRequest, ParameterStore } from './parameters.ts';

/** A second copy of parameters on the GPU, taken and brought back one replica at a time. */
export class KeptParameters {
  private readonly copies = new Map<GPUBuffer, GPUBuffer>();

  /** `requests`: which slots of which parameters are kept, of every replica. */
  constructor(
    private readonly workspace: Workspace,
    private readonly store: ParameterStore,
    private readonly requests: readonly ParameterRequest[],
  ) {
    for (const { buffer } of requests.map((request) => store.requestedRange(request)))
      if (!this.copies.has(buffer))
        this.copies.set(buffer, workspace.createBuffer('kept parameters', buffer.size, COPY_SRC | COPY_DST));
  }

  /** Copies what a replica's parameters are after everything submitted so far. */
  keep(replica: number): void {
    this.copy(this.of(replica).map((request) => ({ from: this.store.requestedRange(request), to: this.range(request) })));
  }

  /** Makes a replica's parameters what they were when they were kept. */
  bringBack(replica: number): void {
    this.copy(this.of(replica).map((request) => ({ from: this.range(request), to: this.store.requestedRange(request) })));
    this.store.refresh();
  }

  read(requests: readonly ParameterRequest[]): Promise<Float32Array[]> {
    const ranges = requests.map((request) => this.range(request));
    return readRanges(this.workspace, ranges).then((read) => read.map((bytes) => new Float32Array(bytes)));
  }

  write(request: ParameterRequest, data: Float32Array): void {
    const { buffer, offset } = this.range(request);
    this.workspace.write(buffer, offset, data);
  }

  destroy(): void {
    for (const copy of this.copies.values()) this.workspace.free(copy);
    this.copies.clear();
  }

  private of(replica: number): ParameterRequest[] {
    return this.requests.filter((request) => request.replica === replica);
  }

  private range(request: ParameterRequest): BufferRange {
    const range = this.store.requestedRange(request);
    const buffer = this.copies.get(range.buffer);
    if (!buffer) throw new Error('This parameter is not kept');
    return { ...range, buffer };
  }

  private copy(copies: readonly { readonly from: BufferRange; readonly to: BufferRange }[]): void {
    this.workspace.submit((encoder) => {
      for (const { from, to } of copies) encoder.copyBufferToBuffer(from.buffer, from.offset, to.buffer, to.offset, from.size);
    });
  }
}
