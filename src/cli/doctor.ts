import { NoAdapterError } from 'paredown';
import { command, parsed } from './common/command.ts';
import { printJson } from './common/json-line.ts';
import { cachesFound } from './doctor/caches.ts';
import { fasterBy } from './doctor/faster.ts';
import { reportText } from './doctor/report.ts';
import { selfTest } from './doctor/self-test.ts';
import { systemFacts } from './doctor/system.ts';
import type { AdapterReport, DoctorReport } from './doctor/types.ts';

const NOTES = `
Opens the adapter that every command takes, computes a convolution on it and on the processor, and tells what could be faster.
The adapter may be another with VK_DRIVER_FILES (Linux: the driver's .json file).

Exit code: 0 where the adapter works, 1 where there is none or it computes wrongly, 2 for a wrong option.`;

/** `paredown doctor`. Returns the exit code. */
export async function doctorCommand(args: readonly string[]): Promise<number> {
  const line = command(
    'paredown doctor',
    '[options]',
    'Tells what this machine computes on, and what is wrong with it.',
    NOTES,
  ).option('--json', 'print one JSON object');
  const given = parsed<{ readonly json?: boolean }>(line, args);
  if (!given) return 0;
  const system = await systemFacts();
  const adapter = await examine();
  const caches = await cachesFound('info' in adapter ? adapter.info : undefined);
  const report: DoctorReport = { ...system, adapter, caches, faster: fasterBy(system, adapter, caches) };
  if (given.options.json) printJson({ type: 'doctor', ...report });
  else process.stdout.write(reportText(report));
  return 'info' in adapter && adapter.test.works ? 0 : 1;
}

/** The adapter, or what is wrong. The package's part for Node is loaded only now: where Dawn is broken, that is what is to be told. */
async function examine(): Promise<AdapterReport> {
  let node: typeof import('paredown/node');
  try {
    node = await import('paredown/node');
  } catch (error) {
    return {
      problem: `Dawn (the package webgpu) can't be loaded: ${firstLine(error)}`,
      advice: `It is there for Linux, macOS and Windows on x64 and arm64, with glibc on Linux. Install it anew: npm install webgpu`,
    };
  }
  try {
    await using gpu = await node.openGpu();
    const { info, features, limits } = gpu;
    const wanted = LIMITS.map((name) => [name, Number(limits[name])] as const);
    return { info, features: [...features].sort(), limits: Object.fromEntries(wanted), test: await selfTest(gpu, node) };
  } catch (error) {
    if (!(error instanceof NoAdapterError)) return { problem: `The adapter can't be opened: ${firstLine(error)}` };
    const [problem = '', ...advice] = error.message.split(/(?<=\.) /);
    return { problem, advice: advice.join(' ') };
  }
}

/** Those that decide what fits. */
const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBuffersPerShaderStage',
] as const;

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}
