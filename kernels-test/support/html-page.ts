import { createContext, runInContext } from 'node:vm';
import type { PageClassifier } from '../../src/export/html/script/classifier.ts';

/** The scripts of a page, in their order, and its data block. */
export function scriptsOf(page: string): { readonly scripts: readonly string[]; readonly data: string } {
  const data = /<script type="application\/json" id="network">(.*?)<\/script>/s.exec(page)?.[1] ?? '';
  return { scripts: [...page.matchAll(/<script>(.*?)<\/script>/gs)].map(([, script = '']) => script), data };
}

/** What the first script of a page makes of its data, as `window.paredown`, in a world that has nothing of Node's. */
export function paredownOf(page: string): PageClassifier {
  const { scripts, data } = scriptsOf(page);
  // The arrays are those of the tests, so that what goes in and what comes out are of one kind.
  const context = createContext({
    ...{ ArrayBuffer, Float32Array, Float64Array, Int8Array, Int32Array, Uint8Array, Uint8ClampedArray, atob },
    document: { getElementById: (id: string) => (id === 'network' ? { textContent: data } : null) },
  });
  runInContext(scripts[0] ?? '', context, { timeout: 60_000 });
  return (context as { paredown: PageClassifier }).paredown;
}
