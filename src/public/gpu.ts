import { checkedAsync, optional, RECORD } from '../core/arguments.ts';
import { openGpu as openBrowserGpu } from '../gpu/browser.ts';

/** Opens the browser's WebGPU; paredown/node has one for Node. */
export const openGpu = /* @__PURE__ */ checkedAsync(
  "openGpu({ powerPreference: 'high-performance' })",
  { options: optional(RECORD) },
  openBrowserGpu,
);
