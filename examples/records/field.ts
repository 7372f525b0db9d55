import { readFile } from 'node:fs/promises';
import { DataError } from 'paredown/node';

/** A small network for MNIST that others published. */
export interface FieldRow {
  readonly name: string;
  readonly parameters: number;
  /** On the test set, as a share. */
  readonly accuracy: number;
  /** The published weights were run on the official test set by somebody else. */
  readonly verified: boolean;
  readonly source: string;
  /** What the figure is of, and what it was chosen by. */
  readonly protocol: string;
}

/** By rising size. */
export async function fieldRows(path: URL = new URL('field.json', import.meta.url)): Promise<FieldRow[]> {
  const rows: unknown = JSON.parse(await readFile(path, 'utf8'));
  if (!Array.isArray(rows) || !rows.every(isRow)) throw new DataError(`${path.pathname}: a row is not { name, parameters, ... }`);
  return [...rows].sort((a, b) => a.parameters - b.parameters);
}

function isRow(row: unknown): row is FieldRow {
  if (typeof row !== 'object' || row === null) return false;
  const { name, parameters, accuracy, verified, source, protocol } = row as Record<keyof FieldRow, unknown>;
  const isShare = typeof accuracy === 'number' && accuracy > 0 && accuracy < 1;
  const isNamed = [name, source, protocol].every((text) => typeof text === 'string' && text !== '');
  return isNamed && Number.isInteger(parameters) && isShare && typeof verified === 'boolean';
}

/** The smallest that reaches this accuracy. */
export function fieldAt(field: readonly FieldRow[], floor: number): FieldRow | undefined {
  return field.find(({ accuracy }) => accuracy >= floor);
}
