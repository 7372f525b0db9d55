/** A number that an activation can be given. */
export interface ActivationOption {
  readonly default: number;
  readonly allows: (value: number) => boolean;
  /** What it must be, as an error says it. */
  readonly expected: string;
}

/**
 * An activation that acts on each element alone: all that the engine must know of it besides its code, shaders/activation/<kind>.wgsl,
 * and its reference, src/reference/activations/<kind>.ts.
 */
export interface ActivationDefinition {
  /** What its derivative is computed from. An input must be kept for it, so that the activation is a dispatch of its own in training. */
  readonly derivativeFrom: 'output' | 'input';
  /** Whether it never decreases: it then may follow the maximum of values instead of going before it. */
  readonly monotone: boolean;
  /** Whether it calls exp, which takes a driver long to compile where a kernel has it many times over. */
  readonly transcendental: boolean;
  /** Whether its derivative, from the output, jumps at an output other than 0: dropout must not round that on its way to memory. */
  readonly saturates: boolean;
  /**
   * Whether its derivative is 0 where the output is 0 and the same number wherever it is not, as of those here relu's alone is: then
   * an output that dropout has zeroed or scaled tells it all, and nothing is drawn again.
   */
  readonly derivativeIsStep: boolean;
  /** Constants of its code, whose names are the options' in capitals. */
  readonly options: Readonly<Record<string, ActivationOption>>;
}
