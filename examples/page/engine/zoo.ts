import { describe, type Model, zoo } from 'paredown';
import type { ZooEntry } from './calls.ts';
import { fitNetwork } from './fit-network.ts';

export const zooCalls = () => ({
  /** The published networks as they are for this input and so many classes, or why they are not. */
  async zoo(input: Model['input'], classes: number): Promise<readonly ZooEntry[]> {
    return Object.entries(zoo).map(([name, own]): ZooEntry => {
      try {
        const model = fitNetwork(own.layers, input, classes);
        const { parameters, macs, hash } = describe(model);
        return { name, model, parameters, macs, adapted: hash !== describe(own).hash };
      } catch (error) {
        return { name, why: error instanceof Error ? error.message : String(error) };
      }
    });
  },
});
