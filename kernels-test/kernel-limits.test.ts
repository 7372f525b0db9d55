import { expect, test } from 'vitest';
import type { Capabilities } from '../src/gpu/gpu.ts';
import type { Kernel } from '../src/gpu/kernel.ts';
import { input } from '../src/graph/sources.ts';
import { families } from '../src/kernels/registry.ts';
import { buildOperation } from '../src/ops/registry.ts';
import { lower } from '../src/plan/lower.ts';
import { cases } from './cases/index.ts';
import { fusedCases, fusedGraph, fusedWays } from './support/fused-cases.ts';
import { loweredKernels } from './support/lowered.ts';
import { separableCases, separableGraph, separableWays } from './support/separable-cases.ts';
import { lossDispatches, trainingKernels } from './support/training-kernels.ts';
import './support/loaded-kernels.ts';

// WebGPU's default limits, which every adapter has. No kernel may ask for more, whatever it knows of an adapter.
const BINDINGS = 8;
const INVOCATIONS = 256;
const STORAGE_BYTES = 16_384;

const limits = { maxInvocations: INVOCATIONS, maxWorkgroupStorageBytes: STORAGE_BYTES, maxWorkgroupsPerDimension: 65_535 };
const adapters: readonly Capabilities[] = [
  { kind: 'cpu', subgroupSize: 8, ...limits },
  { kind: 'cpu', subgroupSize: 4, ...limits },
  { kind: 'cpu', subgroupSize: 0, ...limits },
  { kind: 'gpu', subgroupSize: 32, ...limits },
];
const choices = [{}, ...families.flatMap(({ name, variants }) => variants.map((variant) => ({ [name]: variant.name })))];
/** Bytes of the types that are not made of others, which is also what their addresses are multiples of. */
const TYPE_BYTES: Readonly<Record<string, number>> = { f32: 4, u32: 4, vec2f: 8, vec4f: 16 };

/** The value of an expression of literals and of constants, which a composed shader may define by others. */
function evaluated(expression: string, code: string): number {
  const literal = expression.replaceAll(/\b[A-Za-z_]\w*/g, (name) => {
    const text = new RegExp(`^const ${name} = ([^;]*);`, 'm').exec(code)?.[1];
    if (text === undefined) throw new Error(`${name} is no constant of this shader`);
    return String(evaluated(text, code));
  });
  const arithmetic = literal.replaceAll(/(\d)u/g, '$1');
  if (!/^[\d+*/() -]+$/.test(arithmetic)) throw new Error(`'${expression}' is more than arithmetic`);
  return Number(new Function(`return ${arithmetic}`)());
}

const roundedUp = (bytes: number, to: number) => Math.ceil(bytes / to) * to;

/** The bytes of a type, which a shader may name by an alias or put together of others, and what its addresses are multiples of. */
function layoutOf(type: string, code: string): { readonly bytes: number; readonly alignment: number } {
  const own = TYPE_BYTES[type];
  if (own !== undefined) return { bytes: own, alignment: own };
  const alias = new RegExp(`^alias ${type} = (\\w+);`, 'm').exec(code)?.[1];
  if (alias !== undefined) return layoutOf(alias, code);
  const members = new RegExp(`^struct ${type} \\{([^}]*)\\}`, 'm').exec(code)?.[1];
  if (members === undefined) throw new Error(`'${type}' is no type that this test knows the size of`);
  const layouts = [...members.matchAll(/\w+: (\w+)/g)].map(([, member = '']) => layoutOf(member, code));
  const alignment = Math.max(...layouts.map((member) => member.alignment));
  return {
    bytes: roundedUp(
      layouts.reduce((end, member) => roundedUp(end, member.alignment) + member.bytes, 0),
      alignment,
    ),
    alignment,
  };
}

/** What a kernel asks for beyond the limits. */
function excesses({ name, code, bindings }: Kernel): string[] {
  const [, size = ''] = /@workgroup_size\(([^)]*)\)/.exec(code) ?? [];
  // One dimension, so that the limits of x and of all invocations, which are the same, are all there is.
  const invocations = size.includes(',') ? Number.POSITIVE_INFINITY : evaluated(size, code);
  const storage = [...code.matchAll(/var<workgroup> \w+: array<(\w+), ([^>]*)>/g)].reduce(
    (sum, [, type = '', length = '']) => sum + layoutOf(type, code).bytes * evaluated(length, code),
    0,
  );
  return [
    ...(bindings.length > BINDINGS ? [`${name}: ${bindings.length} storage buffers`] : []),
    ...(invocations > INVOCATIONS ? [`${name}: ${size} = ${invocations} invocations`] : []),
    ...(storage > STORAGE_BYTES ? [`${name}: ${storage} bytes of workgroup memory`] : []),
  ];
}

function* kernelsOn(capabilities: Capabilities): Generator<Kernel> {
  for (const testCase of cases({ size: 'small' }))
    for (const choice of choices) yield* loweredKernels(testCase, capabilities, choice);
  for (const testCase of Object.values(fusedCases))
    for (const choice of fusedWays) {
      const options = { capabilities, replicas: 1, choice };
      for (const { kernel } of lower(fusedGraph(testCase, { wantsX: true }).outputs, [], options).dispatches) yield kernel;
    }
  for (const testCase of Object.values(separableCases))
    for (const choice of separableWays)
      for (const { kernel } of lower(separableGraph(testCase).outputs, [], { capabilities, replicas: 1, choice }).dispatches)
        yield kernel;
  for (const precision of ['f32', 'mixed'] as const)
    for (const { kernel } of lossDispatches(capabilities, precision)) yield kernel;
  yield* trainingKernels(capabilities);
}

for (const capabilities of adapters)
  test(`no kernel for a ${capabilities.kind} of ${capabilities.subgroupSize} lanes asks for more than the default limits`, () => {
    const kernels = new Map([...kernelsOn(capabilities)].map((kernel) => [kernel.code, kernel]));
    expect([...kernels.values()].flatMap(excesses)).toEqual([]);
    expect(new Set([...kernels.values()].map(({ name }) => name)).size).toBeGreaterThan(25);
  });

test.each(['subgroup', 'strided'])(
  'where a subgroup has 16 lanes, conv2d/%s goes through at most 32 channels, which its calls sum',
  (variant) => {
    const capabilities: Capabilities = { kind: 'cpu', subgroupSize: 16, ...limits };
    for (const size of [1, 2, 3, 5, 8])
      for (const channels of [16, 48, 64, 65, 128]) {
        const x = input('x', [1, size, size, 8]);
        const filter = input('filter', [3, 3, 8, channels]);
        const strides = variant === 'subgroup' ? [1, 1] : [2, 2];
        const y = buildOperation('conv2d', { x, filter }, { padding: 'same', strides });
        const [dispatch] = lower([y], [], { capabilities, replicas: 1, choice: { conv2d: variant } }).dispatches;
        expect(dispatch?.kernel.name).toBe(`conv2d/${variant}`);
        expect(evaluated('CHANNELS', dispatch?.kernel.code ?? ''), `${size} x ${size}, ${channels}`).toBeLessThanOrEqual(32);
      }
  },
);
