import { hangingIndent } from './format.ts';

/**
 * Prints text for a person. In a terminal lines are broken between words, but for those that begin with blanks: commands, which are to be
 * copied whole.
 */
export function say(text: string): void {
  const { isTTY, columns } = process.stdout;
  const lines = text.split('\n').map((line) => (isTTY && !line.startsWith(' ') ? hangingIndent(line, columns, 2) : line));
  process.stdout.write(`${lines.join('\n')}\n`);
}
