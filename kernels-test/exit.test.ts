import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

// Dawn's binding has crashed processes at their end; so many runs, of the package as it is built.
const RUNS = 50;

function run(program: string): { code: number | null; text: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { code: status, text: stdout + stderr };
}

const PROGRAM = `
  import { adam, dense, digits, flatten, model, openGpu, trainer } from 'paredown/node';
  const gpu = await openGpu();
  const t = await trainer(gpu, model([28, 28, 1], [flatten(), dense(10)]), { batch: 10, optimizer: adam() });
  for await (const _ of t.fit(digits({ train: 20, test: 1 }).train, { steps: 3 }));
`;

test(`a process that trained ends by itself with exit code 0, in ${RUNS} runs of ${RUNS}`, { timeout: 600_000 }, () => {
  const codes = Array.from({ length: RUNS }, (_, index) => {
    // Half of them leave everything open: the process must end all the same.
    const { code, text } = run(index % 2 === 0 ? `${PROGRAM} await t.destroy(); await gpu.destroy();` : PROGRAM);
    return code === 0 ? code : `${code}: ${text.slice(-500)}`;
  });
  expect(codes).toEqual(codes.map(() => 0));
});

test('a process that failed ends with another exit code', () => {
  expect(run(`${PROGRAM} throw new Error('on purpose');`).code).toBe(1);
  expect(run(`${PROGRAM} await t.fit(0);\n for await (const _ of t.fit({}, { steps: 1 }));`).code).toBe(1);
});
