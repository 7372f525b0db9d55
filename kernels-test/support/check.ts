import type { Value } from '../../src/core/value.ts';
import type { Precision } from '../../src/plan/lower.ts';
import { type Case, outputGradientOf } from '../cases/index.ts';
import { halved } from './halves.ts';
import { withHalves } from './rounding.ts';
import { compare, expectedGradients, expectedOutput } from './tolerance.ts';

/** What is tested: it computes an operation's output, and the gradients of its inputs. */
export interface Engine {
  run(testCase: Case): Promise<Value>;
  gradients(testCase: Case, outputGradient: Value): Promise<Record<string, Value>>;
}

/**
 * Holds an engine's output and gradients against the reference: a line for each that is wrong or that threw, none where all is well.
 * In mixed precision the case must be one of `halvedCases`.
 */
export async function checkCase(engine: Engine, testCase: Case, precision: Precision = 'f32'): Promise<string[]> {
  const within = <T>(expected: () => T): T => (precision === 'mixed' ? withHalves(expected) : expected());
  const label = `${testCase.op} ${testCase.name}`;
  const failures: string[] = [];
  const attempt = async (what: string, check: () => Promise<(string | undefined)[]>) => {
    try {
      for (const failure of await check()) if (failure) failures.push(failure);
    } catch (error) {
      failures.push(`${label}: ${what}: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`);
    }
  };
  const output = within(() => expectedOutput(testCase));
  await attempt('output', async () => [compare(`${label}: output`, await engine.run(testCase), output)]);
  await attempt('gradient', async () => {
    const drawn = outputGradientOf(testCase, output.shape);
    const outputGradient = precision === 'mixed' ? halved(drawn) : drawn;
    const expected = within(() => expectedGradients(testCase, outputGradient));
    const got = await engine.gradients(testCase, outputGradient);
    const unexpected = Object.keys(got).filter((name) => !(name in expected));
    return [
      ...Object.entries(expected).map(([name, gradient]) => compare(`${label}: gradient of ${name}`, got[name], gradient)),
      ...unexpected.map((name) => `${label}: a gradient of ${name}, which has none`),
    ];
  });
  return failures;
}
