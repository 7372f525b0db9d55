import type { Gpu } from '../../src/node.ts';

/**
 * Lets a device behave, until `end`, as if it had no memory for buffers whose label matches: such a buffer is an invalid one, and the
 * scope around its making says that memory ran out. A software driver can't be brought to that in earnest without ending the process.
 * Counts the buffers made and freed meanwhile.
 */
export function failingAllocation(gpu: Gpu, label: RegExp): { end(): void; readonly made: number; readonly freed: number } {
  const { device } = gpu;
  const { createBuffer, pushErrorScope, popErrorScope } = device;
  const scopes: { readonly filter: GPUErrorFilter; error: GPUError | null }[] = [];
  const counts = { made: 0, freed: 0 };
  Object.assign(device, {
    pushErrorScope(filter: GPUErrorFilter) {
      scopes.push({ filter, error: null });
      pushErrorScope.call(device, filter);
    },
    async popErrorScope() {
      const scope = scopes.pop();
      const told = await popErrorScope.call(device);
      return scope?.error ?? told;
    },
    createBuffer(descriptor: GPUBufferDescriptor) {
      counts.made++;
      const fails = label.test(descriptor.label ?? '');
      // No usage makes a buffer of which every use is refused, like that of an invalid one.
      if (fails) device.pushErrorScope('validation');
      const buffer = createBuffer.call(device, fails ? { ...descriptor, size: 4, usage: 0 } : descriptor);
      if (fails) {
        device.popErrorScope().catch(() => null);
        const scope = [...scopes].reverse().find(({ filter }) => filter === 'out-of-memory');
        if (!scope) throw new Error(`The buffer '${descriptor.label}' is made outside of a scope for memory`);
        scope.error ??= new GPUOutOfMemoryError('made to fail');
      }
      const destroy = buffer.destroy.bind(buffer);
      let freed = false;
      buffer.destroy = () => {
        if (!freed) counts.freed++;
        freed = true;
        return destroy();
      };
      return buffer;
    },
  });
  return {
    get made() {
      return counts.made;
    },
    get freed() {
      return counts.freed;
    },
    end() {
      for (const name of ['createBuffer', 'pushErrorScope', 'popErrorScope'] as const)
        delete (device as unknown as Record<string, unknown>)[name];
    },
  };
}
