import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const from = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// The page takes the package as its users do: what `npm run build` made.
export default defineConfig({
  root: from('.'),
  // Any folder of any host of files.
  base: './',
  resolve: { alias: { 'paredown/graph': from('../../dist/graph.js'), paredown: from('../../dist/index.js') } },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: { format: 'es' },
  build: { outDir: from('../../dist-page'), emptyOutDir: true, target: 'es2022' },
  server: { host: '127.0.0.1' },
  preview: { host: '127.0.0.1' },
});
