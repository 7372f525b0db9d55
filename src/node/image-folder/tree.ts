import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { DataError } from '../../core/errors.ts';
import { isImageName, isPackedName, notRead, otherFormat } from '../images/formats.ts';

/** What lies in a folder, links followed. Names are sorted, so that no result depends on the file system's order. */
export interface Listing {
  readonly path: string;
  readonly folders: readonly string[];
  readonly files: readonly string[];
  /** Links that lead nowhere. */
  readonly broken: readonly string[];
}

/** Counts what is left out, by the reason. */
export class LeftOut {
  private readonly counts = new Map<string, number>();

  add(what: string, count = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + count);
  }

  addAll(other: LeftOut): void {
    for (const [what, count] of other.counts) this.add(what, count);
  }

  has(what: string): boolean {
    return this.counts.has(what);
  }

  lines(): string[] {
    return [...this.counts].map(([what, count]) => `${count} ${what}`).sort();
  }
}

/** What systems, shops of photographs and archivers put beside the images of their own accord, in lower case. */
const NOT_OURS = new Set([
  '__macosx',
  '@eadir',
  '#recycle',
  '#snapshot',
  '$recycle.bin',
  'system volume information',
  'lost+found',
  '__pycache__',
  'thumbs.db',
  'ehthumbs.db',
  'desktop.ini',
]);

/** Lists a folder; what is hidden, or a system's or an archiver's own, is left out. Throws DataError where it can't be read. */
export async function list(path: string, leftOut: LeftOut): Promise<Listing> {
  const folders: string[] = [];
  const files: string[] = [];
  const broken: string[] = [];
  for (const entry of await entriesOf(path)) {
    if (entry.name.startsWith('.')) {
      leftOut.add('hidden: the name begins with a dot');
      continue;
    }
    if (NOT_OURS.has(entry.name.toLowerCase())) {
      leftOut.add(`${entry.name}: of the system's or an archiver's making`);
      continue;
    }
    const target = entry.isSymbolicLink() ? await stat(join(path, entry.name)).catch(() => undefined) : entry;
    if (target === undefined) broken.push(entry.name);
    else if (target.isDirectory()) folders.push(entry.name);
    else if (target.isFile()) files.push(entry.name);
    else leftOut.add('neither file nor folder');
  }
  return { path, folders: folders.sort(), files: files.sort(), broken: broken.sort() };
}

async function entriesOf(path: string) {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') throw new DataError(`${path}: no such folder`);
    if (code === 'ENOTDIR') throw new DataError(`${path}: is a file; expected a folder of images`);
    throw new DataError(`${path}: cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The paths of the images in a folder and in the folders below it, at any depth; a folder that holds itself is entered once. */
export async function imagesBelow(folder: string, leftOut: LeftOut, above: readonly string[] = []): Promise<string[]> {
  const real = await realpath(folder).catch(() => folder);
  if (above.includes(real)) {
    leftOut.add('a link to a folder that it lies in');
    return [];
  }
  const listing = await list(folder, leftOut);
  const paths: string[] = [];
  for (const name of [...listing.files, ...listing.broken])
    if (isImageName(name)) paths.push(join(folder, name));
    else leftOut.add(kindOf(name));
  for (const name of listing.folders) paths.push(...(await imagesBelow(join(folder, name), leftOut, [...above, real])));
  return paths;
}

/** What a file that is left out for its name is called. */
export function kindOf(name: string, expected = 'PNG or JPEG image'): string {
  const extension = extname(name).toLowerCase();
  if (isPackedName(name)) {
    const inner = name.slice(0, -extension.length);
    return `*${isImageName(inner) ? extname(inner).toLowerCase() : ''}${extension}: packed; unpack it`;
  }
  const kind = extension === '' ? 'without extension' : `*${extension}`;
  const format = otherFormat(name);
  return `${kind}: ${format === undefined ? `no ${expected} by its name` : notRead(format)}`;
}
