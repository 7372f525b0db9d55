import type { Value } from '../../src/core/value.ts';
import { type Case, outputGradientOf } from '../cases/index.ts';
import { compare, expectedGradients, expectedOutput } from './tolerance.ts';

/** What is tested: it computes an operation's output, and the gradients of its inputs. */
export interface Engine {
  run(testCase: Case): Promise<Value>;
  gradients(testCase: Case, outputGradient: Value): Promise<Record<string, Value>>;
}

/** Holds an engine's output and gradients against the reference: a line for each that is wrong or that threw, none where all is well. */
export async function checkCase(engine: Engine, testCase: Case): Promise<string[]> {
  const label = `${testCase.op} ${testCase.name}`;
  const failures: string[] = [];
  const attempt = async (what: string, check: () => Promise<(string | undefined)[]>) => {
    try {
      for (const failure of await check()) if (failure) failures.push(failure);
    } catch (error) {
      failures.push(`${label}: ${what}: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`);
    }
  };
  const output = expectedOutput(testCase);
  await attempt('output', async () => [compare(`${label}: output`, await engine.run(testCase), output)]);
  await attempt('gradient', async () => {
    const outputGradient = outputGradientOf(testCase, output.shape);
    const expected = expectedGradients(testCase, outputGradient);
    const got = await engine.gradients(testCase, outputGradient);
    const unexpected = Object.keys(got).filter((name) => !(name in expected));
    return [
      ...Object.entries(expected).map(([name, gradient]) => compare(`${label}: gradient of ${name}`, got[name], gradient)),
      ...unexpected.map((name) => `${label}: a gradient of ${name}, which has none`),
    ];
  });
  return failures;
}
