import { readFile } from 'node:fs/promises';
import { DataError } from 'paredown/node';

/** How the size of a network is counted. */
export type Unit = 'parameters' | 'bytes';

/** A small network for MNIST that others published. */
export interface FieldRow {
  readonly name: string;
  /** In parameters, or in bytes. */
  readonly size: number;
  /** On the test set, as a share. */
  readonly accuracy: number;
  /** The published weights were run on the official test set by somebody else. */
  readonly verified: boolean;
  readonly source: string;
  /** What the figure is of, and what it was chosen by. */
  readonly protocol: string;
}

const FILES = { parameters: 'field.json', bytes: 'field-bytes.json' } as const;

/** By rising size. Throws a DataError for a file that is not such a list. */
export async function fieldRows(unit: Unit = 'parameters'): Promise<FieldRow[]> {
  const name = FILES[unit];
  const rows: unknown = JSON.parse(await readFile(new URL(name, import.meta.url), 'utf8'));
  if (!Array.isArray(rows)) throw new DataError(`${name}: it is no list`);
  return rows.map((row) => rowOf(row, unit, name)).sort((a, b) => a.size - b.size);
}

function rowOf(row: unknown, unit: Unit, file: string): FieldRow {
  const bad = new DataError(`${file}: a row is not { name, ${unit}, ... }`);
  if (typeof row !== 'object' || row === null) throw bad;
  const { name, accuracy, verified, source, protocol, [unit]: size } = row as Record<string, unknown>;
  const isText = (text: unknown) => typeof text === 'string' && text !== '';
  if (!isText(name) || !isText(source) || !isText(protocol) || typeof verified !== 'boolean') throw bad;
  if (typeof accuracy !== 'number' || !(accuracy > 0 && accuracy < 1)) throw bad;
  if (typeof size !== 'number' || !Number.isInteger(size)) throw bad;
  return { name, source, protocol, verified, accuracy, size } as FieldRow;
}

/** The smallest that reaches this accuracy. */
export function fieldAt(field: readonly FieldRow[], floor: number): FieldRow | undefined {
  return field.find(({ accuracy }) => accuracy >= floor);
}
