// One pinned Dawn instance as navigator.gpu. While a GPU promise is pending the binding polls in a busy loop, which takes a whole core
// from a software driver's workers; NAP (ms a turn, 0: as it ships) makes the thread sleep instead. Import it before a peer.
import { create, globals } from 'webgpu';

Object.assign(globalThis, globals);
const pause = Number(process.env.NAP ?? 0.2);
const cell = new Int32Array(new SharedArrayBuffer(4));
let pending = 0;
let looping = false;

function loop() {
  looping = pending > 0;
  if (!looping) return;
  Atomics.wait(cell, 0, 0, pause);
  setImmediate(loop);
}

function watch(prototype, name) {
  const original = prototype[name];
  prototype[name] = function (...args) {
    const promise = original.apply(this, args);
    const settle = () => {
      pending--;
    };
    pending++;
    promise.then(settle, settle);
    if (!looping) {
      looping = true;
      setImmediate(loop);
    }
    return promise;
  };
}

if (pause > 0) {
  watch(GPUQueue.prototype, 'onSubmittedWorkDone');
  watch(GPUBuffer.prototype, 'mapAsync');
}
const gpu = create([]);
globalThis.__dawn = gpu;

async function requestAdapter(options) {
  const adapter = await gpu.requestAdapter(options);
  // tfjs still calls the retired name.
  const retired = { requestAdapterInfo: async () => adapter.info };
  return new Proxy(adapter, {
    get(target, key) {
      const value = retired[key] ?? target[key];
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** With `tfjs` the adapter that it expects, else Dawn's own. */
export function provideNavigator(engine) {
  const value = { gpu: engine === 'tfjs' ? { requestAdapter } : gpu, userAgent: 'node', hardwareConcurrency: 2 };
  Object.defineProperty(globalThis, 'navigator', { value, configurable: true });
}
