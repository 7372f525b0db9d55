import type { ElementwiseActivation } from '../../../core/activation.ts';
import type { ElementwiseKind } from '../../../core/activations/registry.ts';
import { type Code, render } from '../code.ts';
import { floatText } from '../text.ts';

interface HelperFunction {
  readonly code: Code;
  /** It calls <math.h>. */
  readonly math: boolean;
  /** What the C function is called [as the activation]. */
  readonly name?: string;
  /** The options of the activation that follow x, in this order. */
  readonly options?: readonly string[];
}

export type Helper = Exclude<ElementwiseKind, 'linear'>;

/** The activations as functions of C. They call no more of <math.h> than the C library of AVR has. */
export const HELPERS: Readonly<Record<Helper, HelperFunction>> = {
  relu: { math: false, code: ['static float relu(float x)', '{', ['return x > 0.0f ? x : 0.0f;'], '}'] },
  leakyRelu: {
    math: false,
    options: ['slope'],
    code: ['static float leakyRelu(float x, float slope)', '{', ['return x > 0.0f ? x : slope * x;'], '}'],
  },
  sigmoid: { math: true, code: ['static float sigmoid(float x)', '{', ['return 1.0f / (1.0f + expf(-x));'], '}'] },
  tanh: { math: true, name: 'tanhf', code: [] },
  elu: {
    math: true,
    code: [
      'static float elu(float x)',
      '{',
      [
        'if (x > 0.0f) {',
        ['return x;'],
        '}',
        '/* Near 0, where expf(x) - 1 cancels, its series. */',
        'if (x > -0.4f) {',
        [
          'return x * (1.0f + x / 2.0f * (1.0f + x / 3.0f * (1.0f + x / 4.0f * (1.0f + x / 5.0f * (1.0f + x / 6.0f *',
          ['(1.0f + x / 7.0f * (1.0f + x / 8.0f)))))));'],
        ],
        '}',
        'return expf(x) - 1.0f;',
      ],
      '}',
    ],
  },
  gelu: {
    math: true,
    code: [
      '/* x Phi(x), Phi by the complementary error function of W. H. Press et al., Numerical Recipes, 2nd edition, section 6.2. */',
      'static float gelu(float x)',
      '{',
      [
        'const float z = (x > 0.0f ? x : -x) * 0.70710678f;',
        'const float t = 1.0f / (1.0f + 0.5f * z);',
        'const float series = -1.26551223f + t * (1.00002368f + t * (0.37409196f + t * (0.09678418f + t * (-0.18628806f +',
        ['t * (0.27886807f + t * (-1.13520398f + t * (1.48851587f + t * (-0.82215223f + t * 0.17087277f))))))));'],
        'const float tail = 0.5f * t * expf(series - z * z);',
        'return x * (x > 0.0f ? 1.0f - tail : tail);',
      ],
      '}',
    ],
  },
  silu: { math: true, code: ['static float silu(float x)', '{', ['return x / (1.0f + expf(-x));'], '}'] },
  hardSwish: {
    math: false,
    code: [
      'static float hardSwish(float x)',
      '{',
      ['return x <= -3.0f ? 0.0f : x >= 3.0f ? x : x * (x * 0.16666667f + 0.5f);'],
      '}',
    ],
  },
  hardSigmoid: {
    math: false,
    code: [
      'static float hardSigmoid(float x)',
      '{',
      ['return x <= -3.0f ? 0.0f : x >= 3.0f ? 1.0f : x * 0.16666667f + 0.5f;'],
      '}',
    ],
  },
  relu6: {
    math: false,
    code: ['static float relu6(float x)', '{', ['return x > 6.0f ? 6.0f : x > 0.0f ? x : 0.0f;'], '}'],
  },
};

/** A helper as the source has it; none for what <math.h> has. */
export function helperText(helper: Helper): string[] {
  const { code } = HELPERS[helper];
  return code.length > 0 ? [render(code)] : [];
}

/** What its C function is called. */
function functionOf(helper: Helper): string {
  return HELPERS[helper].name ?? helper;
}

/** The names that no constant or routine may have. */
export const HELPER_NAMES: readonly string[] = (Object.keys(HELPERS) as Helper[]).map(functionOf);

/** An activation of an expression. */
export function activated({ kind, options }: ElementwiseActivation, x: string): string {
  if (kind === 'linear') return x;
  const given = (HELPERS[kind].options ?? []).map((name) => floatText(options[name] ?? Number.NaN));
  return `${functionOf(kind)}(${[x, ...given].join(', ')})`;
}

export function helpersOf({ kind }: ElementwiseActivation): ReadonlySet<Helper> {
  return new Set(kind === 'linear' ? [] : [kind]);
}

/** How a comment names an activation behind something: `, then relu`. */
export function thenText({ kind, options }: ElementwiseActivation): string {
  if (kind === 'linear') return '';
  const given = Object.entries(options).map(([name, value]) => `${name} ${value}`);
  return `, then ${kind}${given.length > 0 ? ` (${given.join(', ')})` : ''}`;
}
