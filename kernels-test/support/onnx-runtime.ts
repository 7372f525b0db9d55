import { env, InferenceSession, Tensor } from 'onnxruntime-web';
import type { Value } from '../../src/node.ts';

env.wasm.numThreads = 1;
env.logLevel = 'error';

/** A network as onnxruntime has it, through WebAssembly. */
export interface OnnxNetwork {
  /** Of `output`, for the only input. */
  run(x: { readonly shape: readonly number[]; readonly data: Float32Array | Uint8Array }): Promise<Value>;
  release(): Promise<void>;
}

export async function onnxNetwork(bytes: Uint8Array): Promise<OnnxNetwork> {
  const session = await InferenceSession.create(bytes, { executionProviders: ['wasm'] });
  return {
    async run({ shape, data }) {
      const input = data instanceof Uint8Array ? new Tensor('uint8', data, shape) : new Tensor('float32', data, shape);
      const { output } = await session.run({ input });
      if (!output) throw new Error(`The network gives ${session.outputNames}, not 'output'`);
      return { shape: output.dims, data: output.data as Float32Array };
    },
    release: () => session.release(),
  };
}
