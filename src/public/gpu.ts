import { checkedAsync, optional, RECORD } from '../core/arguments.ts';
import { openGpu as openBrowserGpu } from '../gpu/browser.ts';

/** Opens the browser's WebGPU; paredown/node has one for Node. Throws a NoAdapterError, whose message says what to do, where there is none. */
export const openGpu = /* @__PURE__ */ checkedAsync(
  "openGpu({ powerPreference: 'high-performance' })",
  () => ({ options: optional(RECORD) }),
  openBrowserGpu,
);
