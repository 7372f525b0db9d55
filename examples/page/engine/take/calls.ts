// What the room that networks leave and come by says to the worker and hears from it: plain data.

/** What weights, and values between layers, are in a file. */
export type Numbers = 'floats' | 'integers';

/** A file before it is taken away, or why there is none. */
export type Weighed =
  | {
      readonly file: string;
      readonly bytes: number;
      /** What C takes when it runs: bytes of constants and of the arena. */
      readonly running?: { readonly constantBytes: number; readonly arenaBytes: number };
    }
  | { readonly why: string };

export interface LeavingFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A network in integers beside what it was made of. */
export interface IntegersReport {
  /** Of weights. */
  readonly bits: number;
  /** Accuracies on the validation images; without images that fit, nothing is known. */
  readonly measured?: { readonly floats: number; readonly integers: number; readonly images: number };
}

/** More than any network here; what is larger is no model. */
export const MOST_FILE_BYTES = 128 * 1024 * 1024;
