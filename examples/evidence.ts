// Trains what the published tables lack of their whole length, the most telling for its time first:
//   npm run evidence -- --list
//   npm run evidence -- --minutes 60

import { type Gpu, openGpu } from 'paredown/node';
import { explain } from '../src/cli/common/failure.ts';
import { INTERRUPTED, Interrupt, isAbort } from '../src/cli/common/interrupt.ts';
import { startedAs } from '../src/cli/common/invocation.ts';
import { measurePace } from './evidence/calibrate.ts';
import { ELSEWHERE, goalOf } from './evidence/goals.ts';
import { type Options, parseOptions } from './evidence/options.ts';
import { leftInWords, listAsJson, printList } from './evidence/print.ts';
import { Queue } from './evidence/run.ts';
import { DataSource } from './table/data.ts';
import { openTableDisplay } from './table/display.ts';
import { tables } from './table/tables/index.ts';

/** Returns the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const display = openTableDisplay();
  const interrupt = new Interrupt(
    () => display.print('Stopping after this step ... (Ctrl-C once more stops at once)'),
    () => display.close(),
  );
  const { signal } = interrupt;
  const again = startedAs('evidence', args);
  try {
    const options = parseOptions(args, [...tables.keys()]);
    if (!options) return 0;
    await using gpu = await openGpu({ signal });
    return await run(options, gpu);
  } catch (error) {
    display.close();
    if (signal.aborted && isAbort(error)) {
      process.stderr.write(`Stopped. To go on: ${again}\n`);
      return INTERRUPTED;
    }
    const { message, code } = explain(error);
    process.stderr.write(`${message}\n`);
    return code;
  } finally {
    display.close();
    interrupt.close();
  }

  async function run({ only, dataDir, list, json, minutes, out, results }: Options, gpu: Gpu): Promise<number> {
    const chosen = [...tables.values()].filter(({ name }) => only?.includes(name) ?? true);
    const goals = chosen.map((table) => goalOf(table, gpu.info.kind));
    const data = new DataSource(dataDir, signal);
    const pace = () => measurePace(gpu, data, signal);
    const queue = await Queue.open({ gpu, goals, data, out, results, display, signal, pace });
    const elsewhere = [...queue.everything.left, ...(only ? [] : [ELSEWHERE])];
    const { description } = gpu.info;
    if (list) {
      const jobs = await queue.jobs();
      console.log(json ? JSON.stringify(listAsJson(jobs, elsewhere, description)) : printList(jobs, elsewhere, description));
      return 0;
    }
    display.print(`Adapter: ${description}`);
    for (const line of queue.everything.left) display.print(`Not in the queue: ${line}`);
    const { left, failed, landed } = await queue.run(minutes);
    if (landed.length > 0) display.print(`Put into ${results}: ${landed.join(', ')}. npm run results makes the pages.`);
    if (left.length === 0) display.print('Nothing is left to train.');
    else display.print(`Left: ${leftInWords(left)}.${signal.aborted ? '' : ` To go on: ${again}`}`);
    if (failed > 0) process.stderr.write(`${failed} ${failed === 1 ? 'row' : 'rows'} failed; the same command tries again.\n`);
    if (!signal.aborted) return failed === 0 ? 0 : 1;
    process.stderr.write(`Stopped. To go on: ${again}\n`);
    return INTERRUPTED;
  }
}

process.exitCode = await main(process.argv.slice(2));
