import type { Idle } from './wait.ts';

/** Named texts that outlive the process: a cache, which may lose any of them. */
export interface TextStore {
  /** The text; undefined where there is none or it cannot be read. */
  read(name: string): Promise<string | undefined>;
  /** Replaces a text as a whole. Throws where it cannot be kept. */
  write(name: string, text: string): Promise<void>;
}

/** Where a platform's WebGPU comes from: `navigator.gpu` in browsers, Dawn in Node. */
export interface Platform {
  readonly entry: GPU;
  /** How to get an adapter on this system, for the error. */
  readonly advice: string;
  /** Sleeps a little between polls; undefined where the host does not poll. */
  readonly idle?: Idle;
  /** Whether the host learns late that work has ended unless something is submitted meanwhile (Firefox). */
  readonly nudge?: boolean;
  /** Whether the host compiles by naga (Firefox, Deno), for which loops are written out. */
  readonly naga?: boolean;
  /** Where small texts are kept from one process to the next; undefined where there is no such place. */
  readonly store?: TextStore;
  /** Refuse optional features and more than the default limits: what the least adapter offers. */
  readonly defaultsOnly?: boolean;
}
