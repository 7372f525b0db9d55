import { describe, expect, test } from 'vitest';
import { DeferredFamily } from '../src/kernels/deferred.ts';
import { mapFamily } from '../src/kernels/elementwise.ts';
import * as forward from '../src/kernels/forward.ts';

describe('a family that is loaded when it is needed', () => {
  test.each(Object.entries(forward))('%s has the name of what it loads', async (_, family) => {
    await family.pending?.();
    expect(family.pending).toBeUndefined();
    expect(family.variants.length).toBeGreaterThan(0);
  });

  test('refuses to lower before it is there', () => {
    const family = new DeferredFamily('elementwise', async () => mapFamily);
    expect(() => family.variants).toThrow('The kernels of elementwise are needed before loadFamilies has loaded them');
  });

  test('of another name is refused', async () => {
    await expect(new DeferredFamily('other', async () => mapFamily).pending?.()).rejects.toThrow(
      "'other' loads the kernels of elementwise",
    );
  });

  test('is asked for anew where loading failed', async () => {
    let tries = 0;
    const family = new DeferredFamily('elementwise', async () => {
      if (++tries === 1) throw new TypeError('Failed to fetch dynamically imported module');
      return mapFamily;
    });
    await expect(family.pending?.()).rejects.toThrow('Failed to fetch');
    await family.pending?.();
    expect(family.variants).toBe(mapFamily.variants);
  });
});
