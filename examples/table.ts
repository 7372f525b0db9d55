// Trains the networks of the published tables and prints our figures beside the papers':
//   npm run table -- list
//   npm run table -- dhingra-4 --scale 0.1

import { explain } from '../src/cli/common/failure.ts';
import { INTERRUPTED, Interrupt, isAbort } from '../src/cli/common/interrupt.ts';
import { startedAs } from '../src/cli/common/invocation.ts';
import { openTableDisplay } from './table/display.ts';
import { type Options, parseOptions } from './table/options.ts';
import { runTable } from './table/run.ts';
import { tables } from './table/tables/index.ts';

/** Returns the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const display = openTableDisplay();
  const interrupt = new Interrupt(
    () => display.print('Stopping after this step ... (Ctrl-C once more stops at once)'),
    () => display.close(),
  );
  const command = startedAs('table', args);
  try {
    const options = parseOptions(args, [...tables.keys()]);
    if (!options) return 0;
    return await run(options, command, display, interrupt.signal);
  } catch (error) {
    display.close();
    if (interrupt.signal.aborted && isAbort(error)) {
      process.stderr.write(`Stopped. Finished rows are kept; to go on: ${command.replace(/ --fresh\b/, '')}\n`);
      return INTERRUPTED;
    }
    const { message, code } = explain(error);
    process.stderr.write(`${message}\n`);
    return code;
  } finally {
    display.close();
    interrupt.close();
  }
}

async function run(options: Options, command: string, display: ReturnType<typeof openTableDisplay>, signal: AbortSignal) {
  const table = options.table === undefined ? undefined : tables.get(options.table);
  if (!table) {
    const width = Math.max(...[...tables.keys()].map((name) => name.length));
    for (const { name, title } of tables.values()) console.log(`${name.padEnd(width)}  ${title}`);
    return 0;
  }
  const folder = options.out ?? `runs/tables/${table.name}`;
  const failed = await runTable({ table, options, folder, display, signal, command });
  if (failed === 0) return 0;
  process.stderr.write(`${failed} ${failed === 1 ? 'row' : 'rows'} failed; the same command tries again.\n`);
  return 1;
}

process.exitCode = await main(process.argv.slice(2));
