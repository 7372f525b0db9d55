/** How a layer that holds others is drawn around them. */
export interface Picture {
  /** What stands where its paths come together. */
  readonly join?: string;
  /** Beside what it holds, its input itself goes to where they come together. */
  readonly skips?: boolean;
  /** An arrow leads from its end back to its beginning. */
  readonly repeats?: boolean;
}
