// A shader imports as its text: esbuild, vitest and scripts/wgsl-hook.mjs each see to it.
declare module '*.wgsl' {
  const code: string;
  export default code;
}
