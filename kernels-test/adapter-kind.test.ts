import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type AdapterNames, kindByName, rememberedKind } from '../src/gpu/adapter-kind.ts';
import { openOn } from '../src/gpu/gpu.ts';
import { measuredKind } from '../src/gpu/measured-kind.ts';
import type { TextStore } from '../src/gpu/platform.ts';
import type { Gpu } from '../src/node.ts';
import { openTestGpu } from './support/gpu.ts';

const blank: AdapterNames = { vendor: '', architecture: '', device: '', description: '', isFallbackAdapter: false };

describe('an adapter is', () => {
  test.each<[string, Partial<AdapterNames>]>([
    [
      'lavapipe in Dawn',
      { vendor: 'mesa', architecture: 'software', device: 'llvmpipe-llvm-15', description: 'llvmpipe: Mesa 25' },
    ],
    ['lavapipe in Deno', { vendor: '65541', description: 'llvmpipe (LLVM 15.0.6, 256 bits)' }],
    ['SwiftShader in Chromium', { vendor: 'google', architecture: 'swiftshader' }],
    ['WARP', { vendor: 'microsoft', architecture: 'warp', description: 'Microsoft Basic Render Driver' }],
    ['one without names that the browser calls a fallback', { isFallbackAdapter: true }],
  ])('a software driver: %s', (_, names) => {
    expect(kindByName({ ...blank, ...names })).toBe('cpu');
  });

  test.each<[string, Partial<AdapterNames>]>([
    ['NVIDIA in Chromium', { vendor: 'nvidia', architecture: 'ampere' }],
    ['NVIDIA in Deno', { vendor: '4318', description: 'NVIDIA H200' }],
    ['AMD in Dawn', { vendor: 'amd', architecture: 'rdna-3', description: 'AMD Radeon RX 7900 XTX (RADV NAVI31)' }],
    ['Intel', { vendor: 'intel', architecture: 'gen-12lp' }],
    ['Apple', { vendor: 'apple', architecture: 'common-3' }],
    ['ARM', { vendor: 'arm', architecture: 'valhall' }],
    ['Qualcomm', { vendor: 'qualcomm', architecture: 'adreno-6xx' }],
  ])('a GPU: %s', (_, names) => {
    expect(kindByName({ ...blank, ...names })).toBe('gpu');
  });

  test('neither by its names where they are empty or unknown', () => {
    expect(kindByName(blank)).toBeUndefined();
    expect(kindByName({ ...blank, vendor: 'acme', description: 'Charming Warpaint 3000' })).toBeUndefined();
  });
});

describe('what was measured', () => {
  const texts = new Map<string, string>();
  const store: TextStore = {
    read: async (name) => texts.get(name),
    write: async (name, text) => void texts.set(name, text),
  };
  const adapter = (maxBufferSize: number, features: readonly string[] = ['shader-f16']) =>
    ({ info: blank, limits: { maxBufferSize }, features: new Set(features) }) as unknown as GPUAdapter;
  const measure = vi.fn(async () => 'gpu' as const);
  beforeEach(() => {
    texts.clear();
    measure.mockClear();
  });

  test('is remembered for the adapter that it was measured on', async () => {
    expect(await rememberedKind(adapter(1), store, measure)).toBe('gpu');
    expect(await rememberedKind(adapter(1), store, async () => expect.fail('measured again'))).toBe('gpu');
  });

  test('and for no other, even where both are without names', async () => {
    await rememberedKind(adapter(1), store, measure);
    expect(await rememberedKind(adapter(2), store, async () => 'cpu')).toBe('cpu');
    expect(await rememberedKind(adapter(2, []), store, measure)).toBe('gpu');
    expect(measure).toHaveBeenCalledTimes(2);
  });

  test('is measured again where what was kept is damaged, or no text can be kept', async () => {
    await rememberedKind(adapter(1), store, measure);
    for (const [name, text] of texts) texts.set(name, text.slice(1));
    expect(await rememberedKind(adapter(1), store, measure)).toBe('gpu');
    const full: TextStore = { ...store, write: () => Promise.reject(new Error('the disk is full')) };
    expect(await rememberedKind(adapter(2), full, measure)).toBe('gpu');
    expect(await rememberedKind(adapter(2), undefined, measure)).toBe('gpu');
    expect(measure).toHaveBeenCalledTimes(4);
  });
});

describe('an adapter that tells nothing of itself', () => {
  let gpu: Gpu;
  beforeEach(async () => {
    gpu = await openTestGpu();
  });
  afterEach(() => gpu.destroy());

  test('is measured for what it is: this software driver a software driver, ten times over', async () => {
    expect(gpu.info.kind).toBe('cpu');
    for (let time = 0; time < 10; time++) expect(await measuredKind(gpu.device, (promise) => gpu.wait(promise))).toBe('cpu');
    gpu.check();
  });

  test('is opened as what it was measured to be', async () => {
    await using opened = await openOn({ entry: nameless(gpu), advice: '' }, {});
    expect(opened.info).toEqual({ vendor: '', architecture: '', device: '', description: '', kind: 'cpu' });
  });

  test.each([
    [512, 'cpu'],
    [513, 'gpu'],
  ] as const)('and is, where %i invocations were under way at once, a %s', async (most, kind) => {
    // No GPU is at hand: the device is real but for what it reads.
    const device = new Proxy(gpu.device, {
      get: (target, name) => {
        const value = target[name as keyof GPUDevice];
        if (name === 'createBuffer')
          return (descriptor: GPUBufferDescriptor) =>
            Object.assign(target.createBuffer(descriptor), { getMappedRange: () => Uint32Array.of(0, most).buffer });
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    expect(await measuredKind(device, (promise) => gpu.wait(promise))).toBe(kind);
  });
});

/** A WebGPU whose one adapter is like that of `gpu`, without names. */
function nameless(gpu: Gpu): GPU {
  const { limits, features } = gpu;
  const adapter = { info: blank, limits, features, requestDevice: async () => (await openTestGpu()).device };
  return { requestAdapter: async () => adapter } as unknown as GPU;
}
