import type { Display } from './display.ts';
import { JsonDisplay } from './json.ts';
import { PlainDisplay } from './plain.ts';
import { TerminalDisplay } from './terminal.ts';

/** JSON lines if asked for, a bar in a terminal, else a plain line every few seconds. */
export function openDisplay(json: boolean): Display {
  if (json) return new JsonDisplay();
  return process.stdout.isTTY && process.env.TERM !== 'dumb' ? new TerminalDisplay() : new PlainDisplay();
}
