import { type Gpu, gradOp, openGpu, runOp } from '../../src/node.ts';
import type { RunOptions } from '../../src/program/run-op.ts';
import type { Engine } from './check.ts';

/** A device with validation on. The environment selects the driver and its limits: vitest.config.ts for PAREDOWN_TEST_DRIVER. */
export function openTestGpu(): Promise<Gpu> {
  return openGpu({ validation: true });
}

/** Drivers that are slow run each operation and attribute once. */
export const testSize = process.env.PAREDOWN_TEST_DRIVER === 'swiftshader' ? 'small' : 'full';

/** The engine under test. A case is typed more loosely than the operations' own inputs and attributes; the casts bridge that. */
export function gpuEngine(gpu: Gpu, options: RunOptions = {}): Engine {
  return {
    run: ({ op, inputs, attributes }) => runOp(gpu, op as never, inputs as never, attributes as never, options),
    gradients: ({ op, inputs, attributes }, outputGradient) =>
      gradOp(gpu, op as never, inputs as never, outputGradient, attributes as never, options),
  };
}
