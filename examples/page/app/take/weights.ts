import { batch, signal } from '@preact/signals';
import type { IntegersReport, Numbers, Weighed } from '../../engine/take/calls.ts';
import { download } from '../download.ts';
import { engine } from '../engine.ts';
import { latest } from '../latest.ts';
import { messageOf } from '../messages.ts';
import { type FormatName, formatNames } from './formats.ts';

export const numbers = signal<Numbers>('floats');
/** What each file takes, as far as it is known. */
export const weighed = signal<Readonly<Partial<Record<FormatName, Weighed>>>>({});
export const integers = signal<IntegersReport | undefined>(undefined);
export const making = signal(false);
/** Why there are no integers, or no file. */
export const trouble = signal<string | undefined>(undefined);

/** Weighs every format anew; `version` tells one network from the one before. */
export const weigh = latest(async ({ version, isStill }: { version: number; isStill: (version: number) => boolean }) => {
  integers.value = await engine.integers();
  if (!integers.value) numbers.value = 'floats';
  const wanted = numbers.value;
  weighed.value = {};
  for (const format of formatNames) {
    const found = await engine.weigh(format, wanted);
    // Another network, or other numbers, are weighed next.
    if (!isStill(version) || wanted !== numbers.value) return;
    weighed.value = { ...weighed.value, [format]: found };
  }
});

export async function makeIntegers(): Promise<void> {
  making.value = true;
  trouble.value = undefined;
  try {
    const report = await engine.makeIntegers();
    batch(() => {
      integers.value = report;
      numbers.value = 'integers';
    });
  } catch (error) {
    trouble.value = messageOf(error);
  }
  making.value = false;
}

export async function leave(format: FormatName): Promise<void> {
  trouble.value = undefined;
  try {
    const { name, bytes } = await engine.leave(format, numbers.value);
    download(name, bytes);
  } catch (error) {
    trouble.value = messageOf(error);
  }
}
