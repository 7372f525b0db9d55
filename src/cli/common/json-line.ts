import { toJson } from 'paredown';

/** One JSON object as a line on stdout; numbers that are not finite as "NaN", "Infinity" and "-Infinity". */
export function printJson(line: object): void {
  process.stdout.write(`${toJson(line)}\n`);
}
