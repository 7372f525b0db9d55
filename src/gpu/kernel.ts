/** How a dispatch uses a buffer: a tensor that is only read, or one that is written (and may be read too). */
export type Access = 'read' | 'write';

/** One compute kernel, fully specialised: what a dispatch needs beside its buffers. Plain data. */
export interface Kernel {
  /** `family/variant`, for errors, summaries and profiles. */
  readonly name: string;
  /** Composed WGSL; its entry point is `main`. */
  readonly code: string;
  /** Access of `@binding(0)`, `@binding(1)`, ... of group 0, all of them storage buffers. */
  readonly bindings: readonly Access[];
  /** Unsigned 32-bit numbers that it is given, in a uniform buffer at the binding that follows [none]. */
  readonly numbers?: readonly number[];
  readonly workgroups: readonly [number, number, number];
}
