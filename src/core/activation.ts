import {
  type ActivationKind,
  type ActivationOptionName,
  activationKinds,
  definitionOf,
  type ElementwiseKind,
  isActivationKind,
  isPlainActivation,
  type PlainActivationKind,
} from './activations/registry.ts';
import { refuseUnknown } from './arguments.ts';
import { OptionError } from './errors.ts';
import { checkFloat32 } from './float32.ts';
import { shown } from './shown.ts';

/** An activation with options, as users write it. */
type ActivationWithOptions = {
  [K in Exclude<ActivationKind, PlainActivationKind>]: { readonly type: K } & {
    readonly [O in ActivationOptionName<K>]?: number;
  };
}[Exclude<ActivationKind, PlainActivationKind>];

/** An activation as users write it. */
export type Activation = PlainActivationKind | 'softmax' | ActivationWithOptions;

/** An activation that acts on each element alone, as kernels know it: every option has its value. */
export interface ElementwiseActivation {
  readonly kind: ElementwiseKind;
  readonly options: Readonly<Record<string, number>>;
}

export const LINEAR: ElementwiseActivation = { kind: 'linear', options: {} };

/** Throws an OptionError unless `value` is an activation (or undefined: none). */
export function checkActivation(where: string, value: unknown): Activation | undefined {
  if (value === undefined || value === null) return undefined;
  if (isPlainActivation(value) || value === 'softmax') return value;
  const { type, ...given } = (typeof value === 'object' ? value : {}) as Record<string, unknown>;
  if (isActivationKind(type) && !isPlainActivation(type))
    return { type, ...checkedOptions(where, type, given) } as unknown as ActivationWithOptions;
  throw new OptionError(`${where}: activation must be ${activationForms()}, got ${shown(value)}`);
}

/** The part of an activation that can be folded into a kernel; undefined for softmax, which needs the whole row. */
export function elementwise(activation: Activation | undefined): ElementwiseActivation | undefined {
  if (activation === undefined) return LINEAR;
  if (activation === 'softmax') return undefined;
  if (typeof activation === 'string') return { kind: activation, options: {} };
  const { type, ...given } = activation;
  return { kind: type, options: checkedOptions('activation', type, given) };
}

/** An elementwise activation as users write it; undefined for none. */
export function activationOf({ kind, options }: ElementwiseActivation): Activation | undefined {
  if (kind === 'linear') return undefined;
  return isPlainActivation(kind) ? kind : ({ type: kind, ...options } as unknown as ActivationWithOptions);
}

/** Every option of an activation, checked, with its default where it is not given. */
export function checkedOptions(where: string, kind: ActivationKind, given: object): Record<string, number> {
  const { options } = definitionOf(kind);
  refuseUnknown(where, given, Object.keys(options));
  return Object.fromEntries(
    Object.entries(options).map(([name, option]) => {
      const value = (given as Record<string, unknown>)[name] ?? option.default;
      if (typeof value !== 'number' || !Number.isFinite(value) || !option.allows(value))
        throw new OptionError(`${where}: the ${name} of ${kind} must be ${option.expected}, got ${shown(value)}`);
      checkFloat32(`${where}: the ${name} of ${kind}`, value);
      return [name, value];
    }),
  );
}

function activationForms(): string {
  const plain = [...activationKinds.filter(isPlainActivation), 'softmax'].map((kind) => `'${kind}'`);
  const others = activationKinds
    .filter((kind) => !isPlainActivation(kind))
    .map((kind) => `{ type: '${kind}', ${Object.keys(definitionOf(kind).options).join(', ')} }`);
  return `${plain.join(', ')} or ${others.join(' or ')}`;
}
