import { appendFileSync } from 'node:fs';
import type { Reporter, TestCase, TestModule } from 'vitest/node';

/** A suite that is skipped as a whole says why in its name: `the official files (skipped: no data folder; set PAREDOWN_DATA)`. */
const IN_NAME = /\(skipped: ([^)]*)\)/;

/** Appends what a run skipped to the file that PAREDOWN_SKIPPED names: a line a reason, `COUNT<tab>of FILE: REASON`. */
export class SkippedReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const file = process.env.PAREDOWN_SKIPPED;
    if (!file) return;
    for (const module of modules) {
      const counts = new Map<string, number>();
      for (const test of module.children.allTests('skipped')) {
        const reason = reasonOf(test);
        counts.set(reason, (counts.get(reason) ?? 0) + 1);
      }
      for (const [reason, count] of counts) appendFileSync(file, `${count}\tof ${module.relativeModuleId}: ${reason}\n`);
    }
  }
}

function reasonOf(test: TestCase): string {
  const result = test.result();
  const note = result.state === 'skipped' ? result.note : undefined;
  return note ?? IN_NAME.exec(test.fullName)?.[1] ?? 'no reason given';
}
