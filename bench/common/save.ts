import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Writes a text, with the folders that it lies in, and tells where. */
export function save(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  console.log(`wrote ${path}`);
}

export function saveJson(path: string, value: unknown): void {
  save(path, `${JSON.stringify(value, undefined, 1)}\n`);
}

/** A date as names of files have it, in an order that is theirs by name: 2026-11-21T034500. */
export function stamp(date: string): string {
  return date.slice(0, 19).replaceAll(':', '');
}
