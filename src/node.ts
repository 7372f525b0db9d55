export * from './index.ts';
export { openGpu } from './gpu/dawn.ts';
