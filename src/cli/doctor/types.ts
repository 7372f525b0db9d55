import type { AdapterInfo } from 'paredown';

export interface SystemFacts {
  readonly paredown: string;
  readonly node: string;
  /** Dawn's, as npm knows it. */
  readonly webgpu?: string;
  readonly system: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryBytes: number;
  /** What Linux knows of graphics hardware: device files and drivers of the kernel. */
  readonly graphics: readonly string[];
  /** What is set in the environment and changes something. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface SelfTest {
  readonly works: boolean;
  /** The largest difference of a convolution from the processor's, relative to its largest output. */
  readonly difference: number;
  readonly milliseconds: number;
}

export type AdapterReport =
  | {
      readonly info: AdapterInfo;
      readonly features: readonly string[];
      readonly limits: Readonly<Record<string, number>>;
      readonly test: SelfTest;
    }
  | { readonly problem: string; readonly advice?: string };

export interface Folder {
  readonly path: string;
  readonly exists: boolean;
  readonly bytes: number;
  /** What lies in it. */
  readonly entries: readonly string[];
}

export interface Caches {
  readonly cache: Folder;
  /** PAREDOWN_DATA, where it is set. */
  readonly data?: Folder;
  /** Kernels whose variants were measured on this adapter by this version. */
  readonly tunedKernels: number;
}

export interface DoctorReport extends SystemFacts {
  readonly adapter: AdapterReport;
  readonly caches: Caches;
  readonly faster: readonly string[];
}
