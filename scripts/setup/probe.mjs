// Asks Dawn for an adapter and a device, and prints what it got as one line of JSON. A process of its own: a driver may crash it.
const report = (/** @type {object} */ result) => process.stdout.write(`${JSON.stringify(result)}\n`);

try {
  const { create } = await import('webgpu');
  const gpu = create([]);
  Object.assign(globalThis, { pinned: gpu }); // Dawn crashes when this object is collected
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  const device = await adapter?.requestDevice();
  if (adapter && device) {
    const { vendor, architecture, description, isFallbackAdapter } = adapter.info;
    report({ adapter: { vendor, architecture, description, software: isFallbackAdapter } });
    device.destroy();
  } else {
    report({ none: 'Dawn knows of no adapter' });
  }
} catch (error) {
  const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
  report(code === 'ERR_DLOPEN_FAILED' || code === 'MODULE_NOT_FOUND' ? { broken: message } : { none: message });
}
