import type { Capabilities } from '../gpu/gpu.ts';
import type { Access, Kernel } from '../gpu/kernel.ts';
import { renamed, type ShaderPart, shaderPart } from '../gpu/shader-part.ts';
import { grid } from './grid.ts';

/** What every adapter can bind in one dispatch. */
const MOST_BINDINGS = 8;

/** Two kernels in one dispatch: the workgroups of the first, then those of the second. */
export interface SideBySide {
  readonly kernel: Kernel;
  /** What each binding shows: a binding of the first kernel, or of the second. */
  readonly operands: readonly { readonly part: 0 | 1; readonly binding: number }[];
}

/**
 * Joins two kernels of which neither reads or writes what the other writes. `sameMemory`: whether two bindings, one of each, show the same
 * memory, which is then bound once. Undefined where their workgroups differ in size, or where they bind or share too much
 * together.
 */
export function sideBySide(
  kernels: readonly [Kernel, Kernel],
  sameMemory: (first: number, second: number) => boolean,
  capabilities: Capabilities,
): SideBySide | undefined {
  const parts = kernels.map(({ code }, index) => shaderPart(code, `_${index + 1}`));
  const [first, second] = parts;
  if (!first || !second || first.workgroupSize !== second.workgroupSize) return undefined;
  if (first.workgroupBytes + second.workgroupBytes > capabilities.maxWorkgroupStorageBytes) return undefined;

  const operands: { part: 0 | 1; binding: number; names: string[]; type: string; access: Access }[] = [];
  for (const [binding, { name, ...variable }] of first.variables) operands.push({ part: 0, binding, names: [name], ...variable });
  for (const [binding, { name, ...variable }] of second.variables) {
    const same = operands.find(
      (other) =>
        other.part === 0 &&
        other.access === variable.access &&
        other.type === variable.type &&
        sameMemory(other.binding, binding),
    );
    if (same) same.names.push(name);
    else operands.push({ part: 1, binding, names: [name], ...variable });
  }
  if (operands.length > MOST_BINDINGS) return undefined;

  const counts = kernels.map(({ workgroups: [x, y, z] }) => x * y * z);
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total > capabilities.maxWorkgroupsPerDimension ** 2) return undefined;
  const { workgroups } = grid('two kernels side by side', total, 1, 1, capabilities);
  const declarations = operands.map(({ names: [name = ''], type, access }, binding) => {
    return `@group(0) @binding(${binding}) var<storage, ${access === 'read' ? 'read' : 'read_write'}> ${name}: ${type};`;
  });
  const shared = new Map(operands.flatMap(({ names: [kept = '', ...others] }) => others.map((name) => [name, kept] as const)));
  const enables = new Set(parts.flatMap((part) => part?.enables ?? []));
  const code = [
    ...enables,
    ...declarations,
    first.body,
    renamed(second.body, shared),
    entryPoint(first, kernels, workgroups[0]),
  ].join('\n');
  return {
    kernel: {
      name: kernels.map(({ name }) => name).join(' + '),
      code,
      bindings: operands.map(({ access }) => access),
      workgroups,
    },
    operands: operands.map(({ part, binding }) => ({ part, binding })),
  };
}

/** Workgroups in a row: each kernel's x, y and z from its own number. */
function entryPoint({ workgroupSize }: ShaderPart, kernels: readonly Kernel[], row: number): string {
  let before = 0;
  const calls = kernels.map(({ workgroups: [x, y, z] }, index) => {
    const item = `(item - ${before}u)`;
    before += x * y * z;
    const workgroup = `vec3u(${item} % ${x}u, ${item} / ${x}u % ${y}u, ${item} / ${x * y}u)`;
    return `if (item < ${before}u) { main_${index + 1}(${workgroup}, local); }`;
  });
  return [
    `@compute @workgroup_size(${workgroupSize})`,
    'fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {',
    `  let item = workgroup.y * ${row}u + workgroup.x;`,
    `  ${calls.join(' else ')}`,
    '}',
  ].join('\n');
}
